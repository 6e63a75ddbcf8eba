/** @file Replays the `tokenizer` fixture: texts of every kind through a vocabulary (SPEC 1.1). */
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { loadTokenizer, type Tokenizer } from "../../text/tokenizer.ts";
import { ManifestError } from "../../util/errors.ts";
import { type Fixture, fixtureCases, fixtureFields } from "../fixture.ts";
import type { Finding, Replay, ReplayOptions } from "../replay.ts";

const VOCABULARY_FILE = "mimic_wordpiece.json";

const fixtureSchema = z.object({
  config: z.object({ cases: z.int(), vocabulary: z.int() }),
  tolerance: z.object({ default: z.number() }),
});

/** `real<T>`: how many of T fixed positions hold tokens. */
const caseSchema = z
  .object({
    text: z.string(),
    ids: z.array(z.int()),
    tokens: z.array(z.string()),
    offsets: z.array(z.tuple([z.int(), z.int()])),
  })
  .catchall(z.unknown());

type TokenizerCase = z.infer<typeof caseSchema>;

/** Counts the cases whose ids, tokens, offsets or fixed-length forms differ from the recorded ones. */
export const replayTokenizer: Replay = async (fixture, options) => {
  const { config, tolerance } = fixtureFields(fixture, fixtureSchema);
  const tokenizer = await fixtureTokenizer(fixture, options);
  const cases = await fixtureCases(fixture, caseSchema);
  const finding = (name: string, error: number): Finding => ({
    name,
    error,
    tolerance: tolerance.default,
  });
  const differing = (differs: (recorded: TokenizerCase) => boolean): number =>
    cases.filter(differs).length;
  const lengths = [...new Set(cases.flatMap(fixedLengths))].toSorted((a, b) => a - b);
  return [
    finding("cases", Math.abs(cases.length - config.cases)),
    finding("vocabulary", Math.abs(tokenizer.size - config.vocabulary)),
    finding(
      "ids",
      differing(({ text, ids }) => !sameList(tokenizer.encode(text).ids, ids)),
    ),
    finding(
      "tokens",
      differing(({ text, tokens }) => !sameList(tokenizer.encode(text).tokens, tokens)),
    ),
    finding(
      "offsets",
      differing(
        ({ text, offsets }) => !sameList(tokenizer.encode(text).offsets.flat(), offsets.flat()),
      ),
    ),
    ...lengths.map((tokens) =>
      finding(
        `fixed/${tokens}`,
        differing((recorded) => differsAtLength(recorded, { tokenizer, tokens })),
      ),
    ),
  ];
};

/**
 * The vocabulary that a fixture was recorded with: the user's choice, else the file in its folder, else in the sibling
 * folder `tokenizer`.
 * @throws {ManifestError} when there is none
 */
export async function fixtureTokenizer(
  { directory }: Pick<Fixture, "directory">,
  { tokenizerFile }: ReplayOptions,
): Promise<Tokenizer> {
  if (tokenizerFile !== undefined) return loadTokenizer(tokenizerFile);
  const candidates = [
    join(directory, VOCABULARY_FILE),
    join(dirname(directory), "tokenizer", VOCABULARY_FILE),
  ];
  for (const candidate of candidates) {
    if (await exists(candidate)) return loadTokenizer(candidate);
  }
  throw new ManifestError(
    `Cannot replay fixture "${directory}": its vocabulary is neither "${candidates.join('" nor "')}", choose a file with --tokenizer`,
  );
}

/** Are two lists the same, element by element? */
export function sameList<T>(a: ArrayLike<T>, b: ArrayLike<T>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The T of each `real<T>` of a case. */
function fixedLengths(recorded: TokenizerCase): number[] {
  return Object.keys(recorded).flatMap((key) => {
    const length = /^real(\d+)$/.exec(key)?.[1];
    return length === undefined ? [] : [Number(length)];
  });
}

function differsAtLength(
  recorded: TokenizerCase,
  { tokenizer, tokens }: { tokenizer: Tokenizer; tokens: number },
): boolean {
  const real = recorded[`real${tokens}`];
  if (real === undefined) return false;
  const { ids, length } = tokenizer.encodeFixed(recorded.text, tokens);
  const expected = new Int32Array(tokens).fill(tokenizer.specials.pad);
  expected.set(recorded.ids.slice(0, tokens));
  return length !== real || !sameList(ids, expected);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
