import assert from "node:assert/strict";
import { test } from "node:test";
import { CHEST_LEXICON } from "../../text/lexicons/chest.ts";
import { createFindingCheck } from "../check-finding.ts";
import { distillReport } from "../distill-report.ts";
import type { LanguageModel, Question, Reply } from "./language-model.ts";
import { languageModelProvider } from "./language-model-provider.ts";
import type { NamedFinding } from "./parse-answer.ts";
import type { AskedFor } from "./prompt.ts";

type Replies = Readonly<Record<string, Reply | unknown | readonly (Reply | unknown)[]>>;

const named = (
  entity: string,
  status: NamedFinding["status"],
  rest: Partial<NamedFinding> = {},
) => ({
  ...{ entity, status, side: "", location: "", severity: "" },
  ...rest,
});

/** A model that knows what to say to each sentence, in turns; objects are sent as JSON. */
function modelOf(replies: Replies): LanguageModel & { readonly asked: Question[] } {
  const asked: Question[] = [];
  const turns = new Map(
    Object.entries(replies).map(([sentence, said]) => [sentence, [said].flat()]),
  );
  return {
    ...{ provider: "test", model: "m", concurrency: 1, asked },
    ask: async (question) => {
      asked.push(question);
      const sentence = question.messages
        .filter(({ role }) => role === "user")
        .map(({ text }) => text);
      const turn = sentence.map((text) => turns.get(text)).findLast((found) => found !== undefined);
      const said = turn?.shift();
      if (typeof said === "object" && said !== null && "kind" in said) return said as Reply;
      return { kind: "text", text: typeof said === "string" ? said : JSON.stringify(said ?? null) };
    },
    usage: () => "nothing",
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function distil(report: string, replies: Replies, asked: AskedFor = "findings") {
  const model = modelOf(replies);
  const provider = languageModelProvider({ model, lexicon: CHEST_LEXICON, asked });
  const check = createFindingCheck(CHEST_LEXICON, { allowsNewEntities: asked === "assist" });
  const result = await distillReport(report, { provider, check });
  const brief = result.findings.map(({ evidence, label: _, ...rest }) => ({
    ...rest,
    quote: report.slice(...evidence),
  }));
  return { ...result, brief, model, usage: provider.usage?.() };
}

const EFFUSION = "Small fluid collection of the left pleural space, likely effusion.";

test("languageModelProvider: findings of the lexicon with their places, the status from the model", async () => {
  const report = `Indication: effusion.\n\nFindings: Lines are fine today. ${EFFUSION}`;
  const { brief, context, rejected } = await distil(report, {
    [EFFUSION]: {
      findings: [
        named("effusion", "uncertain", {
          side: "left",
          location: "left pleural space",
          severity: "Small",
        }),
        named("effusion", "present"),
      ],
    },
    "Lines are fine today.": { findings: [] },
  });
  assert.deepEqual(brief, [
    {
      ...{ entity: "effusion", status: "uncertain", side: "left", location: "pleural space" },
      ...{ severity: "small", quote: "effusion" },
    },
  ]);
  assert.equal(context, "there may be small left pleural space pleural effusion.");
  assert.deepEqual(rejected, []);
});

test("languageModelProvider: an entity is no place of itself", async () => {
  const sentence = "Small right effusion.";
  const { brief } = await distil(sentence, {
    [sentence]: { findings: [named("effusion", "present", { location: "right effusion" })] },
  });
  assert.deepEqual(brief, [{ entity: "effusion", status: "present", quote: "effusion" }]);
});

test("languageModelProvider: what the report or the lexicon does not have is rejected, and counted", async () => {
  const sentence = "Mild edema with a bronchogram.";
  const { brief, rejected } = await distil(sentence, {
    [sentence]: {
      findings: [
        named("edema", "present", { severity: "severe" }),
        named("pneumothorax", "present"),
        named("bronchogram", "present"),
      ],
    },
  });
  assert.deepEqual(brief, []);
  assert.deepEqual(rejected, ["unsaid-detail", "no-evidence", "unknown-entity"]);
});

test("languageModelProvider: a size is what its words say; parts of the body are no findings", async () => {
  const sentence = "The heart is mildly enlarged and the aorta is tortuous.";
  const { brief, rejected } = await distil(sentence, {
    [sentence]: { findings: [named("heart", "absent"), named("aorta", "present")] },
  });
  assert.deepEqual(
    brief.map(({ entity, status, quote }) => [entity, status, quote]),
    [["cardiomegaly", "present", "heart is mildly enlarged"]],
  );
  assert.deepEqual(rejected, []);
});

test("languageModelProvider: asks only about sentences of this picture that name something, each text once", async () => {
  const report =
    "Indication: pneumonia.\n\nFindings: No effusion. Two views were taken. No effusion.";
  const { model, usage } = await distil(report, {
    "No effusion.": { findings: [named("effusion", "absent")] },
  });
  assert.deepEqual(
    model.asked.map(({ messages }) => messages.at(-1)?.text),
    ["No effusion."],
  );
  assert.equal(usage, "1 sentences asked, 1 met again; nothing");
});

test("languageModelProvider: slots are closed to what the sentence says", async () => {
  const { model } = await distil("Mild left effusion.", {
    "Mild left effusion.": { findings: [] },
  });
  const schema = JSON.stringify(model.asked[0]?.schema);
  assert.match(schema, /"side":\{"type":"string","enum":\["","left"\]\}/);
  assert.match(schema, /"severity":\{"type":"string","enum":\["","Mild"\]\}/);
  assert.match(
    schema,
    /"entity":\{"type":"string","enum":\["Mild","Mild left","Mild left effusion","left",/,
  );
});

test("languageModelProvider: an answer that cannot be read is asked for once more, and then left out", async () => {
  const good = { findings: [named("effusion", "absent")] };
  const repaired = await distil("No effusion.", { "No effusion.": ["There is none.", good] });
  assert.equal(repaired.findings.length, 1);
  assert.equal(repaired.usage, "1 sentences asked, 1 asked twice; nothing");
  const [, second] = repaired.model.asked;
  assert.deepEqual(
    second?.messages.slice(-2).map(({ role, text }) => [role, text]),
    [
      ["assistant", "There is none."],
      ["user", "That cannot be used: it is not a JSON object. Answer with the JSON object only."],
    ],
  );
  const never = await distil("No effusion. No edema.", {
    "No effusion.": ["{", { kind: "cut", text: "{" }],
    "No edema.": { findings: [named("edema", "absent")] },
  });
  assert.deepEqual(
    never.brief.map(({ entity }) => entity),
    ["edema"],
  );
  assert.equal(
    never.usage,
    "2 sentences asked, 1 asked twice, 1 without a readable answer; nothing",
  );
  const cut = await distil("No effusion.", {
    "No effusion.": [{ kind: "cut", text: '{"findings":[{"entity"' }, good],
  });
  assert.equal(cut.findings.length, 1);
  assert.deepEqual(
    cut.model.asked[1]?.messages.slice(-2).map(({ text }) => text),
    [
      '{"findings":[{"entity"',
      "That cannot be used: it is too long. Answer with the JSON object only.",
    ],
  );
  const refused = await distil("No effusion.", { "No effusion.": { kind: "refusal" } });
  assert.equal(refused.findings.length, 0);
  assert.equal(refused.usage, "1 sentences asked, 1 refused by the model; nothing");
});

test("languageModelProvider: a sentence that is not taken is left out, unless it is one after another", async () => {
  const rejected: Reply = { kind: "rejected", what: "HTTP 413" };
  const { brief, usage } = await distil("No effusion. No edema.", {
    "No effusion.": rejected,
    "No edema.": { findings: [named("edema", "absent")] },
  });
  assert.deepEqual(
    brief.map(({ entity }) => entity),
    ["edema"],
  );
  assert.equal(usage, "2 sentences asked, 1 not taken by the server (HTTP 413); nothing");
  const sentences = Array.from({ length: 25 }, (_, i) => `Stable effusion of ${i + 2} cm.`);
  const replies = Object.fromEntries(sentences.map((sentence) => [sentence, rejected]));
  await assert.rejects(distil(sentences.join(" "), replies), /\(the last: HTTP 413\); use another/);
});

test("languageModelProvider: halves of characters are replaced before they are sent", async () => {
  const sent = "Small \ufffd effusion \ufffd on the left.";
  const { brief, model } = await distil("Small \ud83d effusion \udc00 on the left.", {
    [sent]: { findings: [named("Small \ufffd effusion", "present", { severity: "Small" })] },
  });
  assert.equal(model.asked[0]?.messages.at(-1)?.text, sent);
  assert.doesNotMatch(JSON.stringify(model.asked), /\\ud[89a-f]/);
  assert.deepEqual(
    brief.map(({ entity, severity, quote }) => [entity, severity, quote]),
    [["effusion", "small", "effusion"]],
  );
});

test("languageModelProvider: a model that never answers as asked is no use", async () => {
  const model = modelOf({});
  const provider = languageModelProvider({ model, lexicon: CHEST_LEXICON, asked: "findings" });
  const report = Array.from({ length: 25 }, (_, i) => `Stable effusion of ${i + 2} cm.`).join(" ");
  await assert.rejects(
    provider.distill(report),
    /^ExecutionError: Cannot distil with test m: 20 sentences in a row had no answer in the JSON/,
  );
});

test("languageModelProvider: stops when it is told to", async () => {
  const provider = languageModelProvider({
    model: modelOf({}),
    lexicon: CHEST_LEXICON,
    asked: "findings",
  });
  const signal = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(provider.distill("No effusion.", { signal }), /^Error: stopped$/);
});

test("languageModelProvider free: own sentences stand where they say what was found, and nothing else", async () => {
  const answers = (sentence: string) => ({
    "No effusion.": { findings: [named("effusion", "absent")], sentence },
  });
  const contextOf = async (sentence: string) =>
    (await distil("No effusion.", answers(sentence), "free")).context;
  assert.equal(await contextOf("there is no pleural fluid."), "there is no pleural fluid.");
  for (const unsupported of [
    ...[
      "there is an effusion.",
      "no effusion and no edema.",
      "no large left effusion.",
      "all is well.",
      "",
    ],
    "no effusion, but a pneumothorax.",
  ]) {
    const fixed = "there is no evidence of pleural effusion.";
    assert.equal(await contextOf(unsupported), fixed, unsupported);
  }
});

test("languageModelProvider free: own sentences add no number and no word of content", async () => {
  const report = "Mildly loculated left pleural effusion and a nodule.";
  const effusion = named("pleural effusion", "present", { side: "left", severity: "Mildly" });
  const contextOf = async (sentence: string, findings: readonly object[] = [effusion]) =>
    (await distil(report, { [report]: { findings, sentence } }, "free")).context;
  for (const own of [
    "there is a left pleural effusion.",
    "there is a mild loculated effusion on the left.",
    "there is pleural fluid on the left.",
  ]) {
    assert.equal(await contextOf(own), own);
  }
  for (const own of [
    "there is a 3 cm left pleural effusion in a smoker, drained in May, malignant.",
    "there is a malignant left pleural effusion.",
    "there is a left pleural effusion of 3 cm.",
    "there is a left pleural effusion today.",
    "there is a left pleural effusion in the heart.",
  ]) {
    assert.equal(await contextOf(own), "there is mild left pleural effusion.", own);
  }
  const both = [effusion, named("nodule", "present")];
  assert.equal(
    await contextOf("there is a left pleural effusion.", both),
    "there is a left pleural effusion. there is a nodule.",
  );
});

test("languageModelProvider assist: the model proposes, the rules judge", async () => {
  const sentence = "Mild scarlike banding on the left without honeycombing or effusion.";
  const { brief, context, rejected } = await distil(
    sentence,
    {
      [sentence]: {
        entities: ["honeycombing", "effusion", "Mild scarlike banding", "left", "invented", "No"],
      },
    },
    "assist",
  );
  assert.deepEqual(
    brief.map(({ entity, status, severity, side }) => [entity, status, severity, side]),
    [
      ["scarlike banding", "present", "mild", "left"],
      ["honeycombing", "absent", undefined, undefined],
      ["effusion", "absent", undefined, undefined],
    ],
  );
  assert.deepEqual(rejected, []);
  assert.match(context, /^there is mild left scarlike banding\./);
});

test("languageModelProvider: what is asked stands in the hash, and who decides in the name", () => {
  const providers = (["findings", "free", "assist"] as const).map((asked) =>
    languageModelProvider({ model: modelOf({}), lexicon: CHEST_LEXICON, asked }),
  );
  assert.deepEqual(
    providers.map(({ name }) => name),
    ["test", "test", "rules+test"],
  );
  assert.equal(new Set(providers.map(({ promptHash }) => promptHash)).size, 3);
});
