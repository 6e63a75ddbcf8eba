/** @file Replays the `text-masking` fixture: recorded draws → sentence → ids → masked ids → weights (SPEC 1.2 to 1.5). */
import { z } from "zod";
import { maskingVocabulary } from "../../text/mask-tokens.ts";
import {
  type PretrainingText,
  type PretrainingTextRules,
  pretrainingText,
  pretrainingTextRules,
} from "../../text/pretraining-text.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { fixtureCases, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { fixtureTokenizer, sameList } from "./tokenizer.ts";

const probability = z.number().min(0).max(1);

const fixtureSchema = z.object({
  config: z.object({
    cases: z.int(),
    insertProbability: probability,
    noEntityMask: probability,
    mask: probability,
    entityMask: probability,
    period: z.int(),
    mask_id: z.int(),
    pad_id: z.int(),
    diminished: z.number(),
    templates: z.array(z.array(z.int())),
  }),
  tolerance: z.object({ default: z.number(), weights: z.number() }),
});

/** `ids` and `maskedIds` up to `length`, the rest is the pad token; `weights` where they are not `weightsDefault`. */
const caseSchema = z.object({
  report: z.string(),
  context: z.string(),
  T: z.int().min(1),
  draws: z.array(z.tuple([z.number()]).rest(z.unknown())),
  sentence: z.string(),
  length: z.int(),
  ids: z.array(z.int()),
  maskedIds: z.array(z.int()),
  contextPositions: z.array(z.int()),
  entityPositions: z.array(z.int()),
  weightsDefault: z.number(),
  weights: z.record(z.string(), z.number()),
});

type Config = z.infer<typeof fixtureSchema>["config"];
type MaskingCase = z.infer<typeof caseSchema>;

/** A case as we compute it, with the number of draws that were asked for. */
interface Replayed {
  readonly ours: PretrainingText;
  readonly recorded: MaskingCase;
  readonly drawn: number;
  readonly pad: number;
}

/** What must be equal, each by how one case is checked. */
const ASPECTS: Readonly<Record<string, (replayed: Replayed) => boolean>> = {
  draws: ({ drawn, recorded }) => drawn === recorded.draws.length,
  sentence: ({ ours, recorded }) => ours.sentence === recorded.sentence,
  length: ({ ours, recorded }) => ours.length === recorded.length,
  ids: ({ ours, recorded, pad }) => samePadded(ours.ids, { values: recorded.ids, pad }),
  maskedIds: ({ ours, recorded, pad }) =>
    samePadded(ours.maskedIds, { values: recorded.maskedIds, pad }),
  contextPositions: ({ ours, recorded }) =>
    sameList(ours.contextPositions, recorded.contextPositions),
  entityPositions: ({ ours, recorded }) => sameList(ours.entityPositions, recorded.entityPositions),
};

/** Counts, for each aspect, the cases that differ; for the weights, their largest error relative to a case's largest. */
export const replayTextMasking: Replay = async (fixture, options) => {
  const { config, tolerance } = fixtureFields(fixture, fixtureSchema);
  const cases = await fixtureCases(fixture, caseSchema);
  const tokenizer = await fixtureTokenizer(fixture, options);
  const rules = fixtureRules(tokenizer, config);
  const replayed = cases.map((recorded) => replayCase(recorded, { ...rules, tokens: recorded.T }));
  const exact = (name: string, error: number): Finding => ({
    name,
    error,
    tolerance: tolerance.default,
  });
  return [
    exact("cases", Math.abs(cases.length - config.cases)),
    ...Object.entries(ASPECTS).map(([name, same]) =>
      exact(name, replayed.filter((one) => !same(one)).length),
    ),
    {
      name: "weights",
      error: Math.max(0, ...replayed.map(weightError)),
      tolerance: tolerance.weights,
    },
  ];
};

/** The fixture's settings as rules; each case has its own T. */
function fixtureRules(tokenizer: Tokenizer, config: Config): PretrainingTextRules {
  const vocabulary = {
    ...maskingVocabulary(tokenizer),
    period: config.period,
    mask: config.mask_id,
    pad: config.pad_id,
  };
  const { mask, noEntityMask, entityMask, insertProbability, templates, diminished } = config;
  return pretrainingTextRules({
    tokenizer,
    tokens: 1,
    insertProbability,
    probabilities: { mask, noEntityMask, entityMask },
    vocabulary,
    templates,
    diminished,
  });
}

function replayCase(recorded: MaskingCase, rules: PretrainingTextRules): Replayed {
  let drawn = 0;
  // Beyond the recorded draws NaN: it decides nothing, and the count tells.
  const draw = (): number => recorded.draws[drawn++]?.[0] ?? Number.NaN;
  const ours = pretrainingText(recorded, rules, draw);
  return { ours, recorded, drawn, pad: rules.vocabulary.pad };
}

/** Is this the recorded values, then pads? */
function samePadded(
  ours: Int32Array,
  { values, pad }: { values: readonly number[]; pad: number },
): boolean {
  return ours.every((id, i) => id === (values[i] ?? pad)) && values.length <= ours.length;
}

function weightError({ ours, recorded }: Replayed): number {
  let largest = 0;
  let error = 0;
  for (const [i, weight] of ours.weights.entries()) {
    const expected = recorded.weights[i] ?? recorded.weightsDefault;
    largest = Math.max(largest, Math.abs(expected));
    error = Math.max(error, Math.abs(weight - expected));
  }
  return error / largest;
}
