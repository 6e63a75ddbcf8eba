import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAnswer } from "./parse-answer.ts";

const FINDING = { entity: "mass", status: "present", side: "", location: "", severity: "large" };
const JSON_TEXT = JSON.stringify({ findings: [FINDING] });
const ANSWER = { kind: "answer", answer: { findings: [FINDING], sentence: "", entities: [] } };

test("parseAnswer: JSON alone, in a fence, or among words", () => {
  for (const text of [
    JSON_TEXT,
    `\`\`\`json\n${JSON_TEXT}\n\`\`\``,
    `Sure:\n${JSON_TEXT}\nDone.`,
  ]) {
    assert.deepEqual(parseAnswer(text, "findings"), ANSWER, text);
  }
});

test("parseAnswer: details may be missing, null or accompanied", () => {
  const text =
    '{"findings":[{"entity":"mass","status":"absent","severity":null,"why":"x"}],"id":1}';
  const parsed = parseAnswer(text, "free");
  assert.deepEqual(parsed.kind === "answer" && parsed.answer.findings, [
    { entity: "mass", status: "absent", side: "", location: "", severity: "" },
  ]);
});

test("parseAnswer: says what is wrong without quoting it", () => {
  const problem = (text: string, asked: "findings" | "assist" = "findings") => {
    const parsed = parseAnswer(text, asked);
    return parsed.kind === "wrong" ? parsed.problem : "nothing";
  };
  assert.equal(problem("The lungs are clear."), "it is not a JSON object");
  assert.equal(problem(JSON_TEXT.slice(0, -9)), "it is not a JSON object");
  assert.equal(problem("{}"), "findings is missing, or not as asked");
  assert.equal(problem("null"), "it is missing, or not as asked");
  assert.equal(
    problem(JSON_TEXT.replace("present", "maybe")),
    "findings.0.status is missing, or not as asked",
  );
  assert.equal(problem('{"entities":[1]}', "assist"), "entities.0 is missing, or not as asked");
  assert.equal(problem(`{"a":"${"x".repeat(200_000)}"}`), "it is not a JSON object");
});

test("parseAnswer: reads or refuses any text", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json()),
      fc.constantFrom("findings", "free", "assist"),
      (text, asked) => {
        const { kind } = parseAnswer(text, asked);
        assert.ok(kind === "answer" || kind === "wrong");
      },
    ),
    { seed: 3 },
  );
});
