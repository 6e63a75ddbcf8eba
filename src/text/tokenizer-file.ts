/** @file The `tokenizer.json` format of Hugging Face, as far as this project reads it; anything else is an error. */
import { z } from "zod";
import { DecodeError } from "../util/errors.ts";
import { expectationOf } from "../util/expectation.ts";
import type { PreTokenizerStep, WordRules } from "./split-words.ts";

/** The tokens that every vocabulary must hold, by the part that they play. */
export const SPECIAL_TOKENS = {
  pad: "[PAD]",
  unk: "[UNK]",
  cls: "[CLS]",
  mask: "[MASK]",
  sep: "[SEP]",
} as const;

/** One part that a special token plays. */
export type SpecialName = keyof typeof SPECIAL_TOKENS;

/** The largest vocabulary that is read. */
export const MAX_VOCABULARY = 1_000_000;

/** What a `tokenizer.json` says, checked. */
export interface TokenizerSettings {
  readonly rules: WordRules;
  /** Token by id, added tokens included. */
  readonly vocabulary: readonly string[];
  readonly specials: Readonly<Record<SpecialName, number>>;
  /** What continues a word starts with, such as `##`. */
  readonly continuationPrefix: string;
  /** A longer word, in code points, is unknown as a whole. */
  readonly maxWordLength: number;
}

const normalizerStep = z
  .strictObject({ type: z.enum(["Lowercase", "NFD", "NFKD", "StripAccents"]) })
  .transform(({ type }) => type);

const preTokenizerStep = z
  .discriminatedUnion(
    "type",
    [
      z.strictObject({ type: z.literal("Whitespace") }),
      z.strictObject({ type: z.literal("Digits"), individual_digits: z.boolean() }),
    ],
    { error: 'expected "Whitespace" or "Digits"' },
  )
  .transform((step): PreTokenizerStep => {
    if (step.type === "Whitespace") return "Whitespace";
    return step.individual_digits ? "IndividualDigits" : "Digits";
  });

const addedToken = z.strictObject({
  id: z.int().min(0),
  content: z.string().min(1),
  special: z.boolean(),
  single_word: z.literal(false),
  lstrip: z.literal(false),
  rstrip: z.literal(false),
  normalized: z.literal(false),
});

const tokenizerSchema = z.strictObject({
  version: z.literal("1.0"),
  truncation: z.null().optional(),
  padding: z.null().optional(),
  added_tokens: z.array(addedToken),
  normalizer: z.preprocess(stepsOf("normalizers"), z.array(normalizerStep)),
  pre_tokenizer: z.preprocess(stepsOf("pretokenizers"), z.array(preTokenizerStep)),
  post_processor: z.null().optional(),
  decoder: z.unknown(), // only for turning ids back into text, which is not done here
  model: z.strictObject({
    type: z.literal("WordPiece"),
    unk_token: z.literal(SPECIAL_TOKENS.unk),
    continuing_subword_prefix: z.string().min(1),
    max_input_chars_per_word: z.int().min(1),
    vocab: z.custom<Record<string, unknown>>(isRecord, "expected an object of token: id"),
  }),
});

/**
 * Checks a parsed `tokenizer.json`.
 * @param name what messages call it
 * @throws {DecodeError} at the first thing that is wrong or not supported
 */
export function parseTokenizerFile(json: unknown, name: string): TokenizerSettings {
  const parsed = tokenizerSchema.safeParse(json, { reportInput: true });
  if (!parsed.success) throw unusable(name, describeIssue(parsed.error.issues[0]));
  const { added_tokens: addedTokens, model, normalizer, pre_tokenizer: preTokenizer } = parsed.data;
  const ids = new Map(Object.entries(model.vocab));
  for (const { content, id } of addedTokens) {
    if ((ids.get(content) ?? id) !== id) {
      throw unusable(name, `added token "${content}" has id ${id}, its vocabulary another`);
    }
    ids.set(content, id);
  }
  const vocabulary = tokensById(ids, name);
  const added = new Map(addedTokens.map(({ content, id }) => [content, id]));
  return {
    rules: {
      addedTokens: [...added.keys()],
      normalizers: normalizer,
      preTokenizers: preTokenizer,
    },
    vocabulary,
    specials: findSpecials(added, name),
    continuationPrefix: model.continuing_subword_prefix,
    maxWordLength: model.max_input_chars_per_word,
  };
}

/** Turns the ids 0 … V − 1 into a list. */
function tokensById(ids: ReadonlyMap<string, unknown>, name: string): string[] {
  if (ids.size > MAX_VOCABULARY) {
    throw unusable(
      name,
      `its vocabulary has ${ids.size} tokens, at most ${MAX_VOCABULARY} expected`,
    );
  }
  const vocabulary = new Array<string>(ids.size).fill("");
  for (const [token, id] of ids) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= ids.size) {
      const expected = `a whole number from 0 to ${ids.size - 1} expected`;
      throw unusable(name, `token "${token}" has id ${JSON.stringify(id)}, ${expected}`);
    }
    const other = vocabulary[id];
    if (other !== "" || token === "") {
      throw unusable(name, `tokens "${other}" and "${token}" have the same id ${id}`);
    }
    vocabulary[id] = token;
  }
  return vocabulary;
}

function findSpecials(
  added: ReadonlyMap<string, number>,
  name: string,
): Record<SpecialName, number> {
  const missing = Object.values(SPECIAL_TOKENS).filter((token) => !added.has(token));
  if (missing.length > 0) {
    throw unusable(name, `added_tokens lacks ${missing.join(", ")}`);
  }
  const id = (special: SpecialName): number => added.get(SPECIAL_TOKENS[special]) ?? 0;
  return { pad: id("pad"), unk: id("unk"), cls: id("cls"), mask: id("mask"), sep: id("sep") };
}

/** Unwraps null, a single step, or a `Sequence` of steps into a list. */
function stepsOf(key: string): (value: unknown) => unknown {
  return (value) => {
    if (value === null || value === undefined) return [];
    if (!isRecord(value) || value["type"] !== "Sequence") return [value];
    return value[key];
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unusable(name: string, reason: string): DecodeError {
  return new DecodeError(`Cannot use tokenizer "${name}": ${reason}`);
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return "not a tokenizer.json";
  const where = issue.path.join(".");
  const input = isRecord(issue.input) ? issue.input["type"] : issue.input;
  const isPlain = ["string", "number", "boolean"].includes(typeof input);
  const found = isPlain ? ` (found ${JSON.stringify(input)})` : "";
  return `${where === "" ? "" : `${where}: `}${expectationOf(issue)}${found}`;
}
