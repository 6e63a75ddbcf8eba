/** @file What a language model is asked about a sentence: instructions, examples that belong to nobody, and the schema of the answer. */
import { FINDING_STATUSES } from "../record.ts";
import type { JsonSchema, Message, Question } from "./language-model.ts";
import { severitiesIn, sidesIn } from "./said-details.ts";
import { spansOf } from "./sentence-spans.ts";

/**
 * What is asked for: findings; findings and a sentence of the model's own (`free`); or only what the sentence names, for the
 * rules to judge (`assist`).
 */
export type AskedFor = "findings" | "free" | "assist";

/** The most findings that one sentence has. */
const MAX_FINDINGS = 10;

/** The longest sentence of a model's own, in characters. */
const MAX_FREE_LENGTH = 200;

const MAX_TOKENS = 700;
const MAX_LOCATION_WORDS = 4;

const TASK = `You read one sentence of a radiology report. Answer with one JSON object and nothing else.`;

const FINDINGS = `List the findings, diseases and devices that the sentence names, each once, in the words of the sentence.
status: present if the sentence says that it is there, absent if it says that it is not, uncertain if it leaves that open.
Where the sentence gives the size of the heart or mediastinum, name that; normal is absent, enlarged is present.
side, location and severity: words of the sentence, or "" where it says none.
A sentence that names no finding has the answer {"findings":[]}.`;

const INSTRUCTIONS: Readonly<Record<AskedFor, string>> = {
  findings: `${TASK}\n${FINDINGS}`,
  free: `${TASK}\n${FINDINGS}\nsentence: what the findings say, in plain short words, adding nothing.`,
  assist: `${TASK}\nentities: the findings, diseases and devices that the sentence names, whether there or not, in the words of the sentence.
Leave out parts of the body, sides, places, sizes and severity. A sentence that names none has the answer {"entities":[]}.`,
};

interface ExampleFinding {
  readonly entity: string;
  readonly status: (typeof FINDING_STATUSES)[number];
  readonly side?: string;
  readonly location?: string;
  readonly severity?: string;
}

interface Example {
  readonly sentence: string;
  readonly findings: readonly ExampleFinding[];
  readonly free: string;
}

/** As short as what is asked about: an example of a whole report leaks into the answers for sentences. */
const EXAMPLES: readonly Example[] = [
  {
    sentence: "No pneumothorax or pleural effusion.",
    findings: [
      { entity: "pneumothorax", status: "absent" },
      { entity: "pleural effusion", status: "absent" },
    ],
    free: "no pneumothorax and no pleural effusion.",
  },
  {
    sentence: "There is a small left pleural effusion, larger than before.",
    findings: [{ entity: "pleural effusion", status: "present", side: "left", severity: "small" }],
    free: "there is a small left pleural effusion.",
  },
  {
    sentence: "Patchy opacities in the right lower lobe may represent pneumonia.",
    findings: [
      { entity: "opacities", status: "present", side: "right", location: "lower lobe" },
      { entity: "pneumonia", status: "uncertain", side: "right", location: "lower lobe" },
    ],
    free: "there are opacities in the right lower lobe, perhaps pneumonia.",
  },
  {
    sentence: "Heart size is within normal limits.",
    findings: [{ entity: "Heart size", status: "absent" }],
    free: "no cardiomegaly.",
  },
  {
    sentence: "The endotracheal tube ends above the carina.",
    findings: [{ entity: "endotracheal tube", status: "present", location: "above the carina" }],
    free: "there is an endotracheal tube.",
  },
  {
    sentence: "Healed rib fractures are again seen.",
    findings: [{ entity: "rib fractures", status: "present" }],
    free: "there are rib fractures.",
  },
  { sentence: "The film of last week was used for comparison.", findings: [], free: "" },
];

/** What is asked about a sentence. */
export function questionAbout(sentence: string, asked: AskedFor): Question {
  return {
    messages: [...openingOf(asked), { role: "user", text: sentence }],
    schema: schemaFor(sentence, asked),
    maxTokens: MAX_TOKENS,
  };
}

/** What stands before the sentence: the same for all, so that a model reads it once. */
export function openingOf(asked: AskedFor): readonly Message[] {
  return [
    { role: "system", text: INSTRUCTIONS[asked] },
    ...EXAMPLES.flatMap((example): Message[] => [
      { role: "user", text: example.sentence },
      { role: "assistant", text: JSON.stringify(exampleAnswer(example, asked)) },
    ]),
  ];
}

function exampleAnswer({ findings, free }: Example, asked: AskedFor): unknown {
  if (asked === "assist") return { entities: findings.map(({ entity }) => entity) };
  const full = findings.map(({ entity, status, side = "", location = "", severity = "" }) => ({
    ...{ entity, status, side, location, severity },
  }));
  return asked === "free" ? { findings: full, sentence: free } : { findings: full };
}

/** The schema of an answer, its slots closed to what the sentence says. */
export function schemaFor(sentence: string, asked: AskedFor): JsonSchema {
  const spans = spansOf(sentence);
  const entity = oneOf(spans);
  if (asked === "assist") return objectOf({ entities: listOf(entity) });
  const places = spans.filter((span) => span.split(/\s+/).length <= MAX_LOCATION_WORDS);
  const finding = objectOf({
    entity,
    status: oneOf(FINDING_STATUSES),
    side: oneOf(["", ...sidesIn(sentence)]),
    location: oneOf(["", ...places]),
    severity: oneOf(["", ...severitiesIn(sentence)]),
  });
  return objectOf({
    findings: listOf(finding),
    ...(asked === "free" && { sentence: { type: "string", maxLength: MAX_FREE_LENGTH } as const }),
  });
}

function oneOf(words: readonly string[]): JsonSchema {
  return { type: "string", enum: words };
}

function listOf(items: JsonSchema): JsonSchema {
  return { type: "array", items, maxItems: MAX_FINDINGS };
}

function objectOf(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const required = Object.keys(properties);
  return { type: "object", properties, required, additionalProperties: false };
}
