/** @file The one wrapper of the tokenizer library: WordPiece from a `tokenizer.json`, with offsets into the original. */
import { readFile, stat } from "node:fs/promises";
import { Tokenizer as WordPiece } from "@huggingface/tokenizers";
import { ConfigError, DecodeError, describeError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { sha256 } from "../util/sha256.ts";
import { sourceOf } from "./normalize-text.ts";
import { createWordSplitter, type Word, type WordSplitter } from "./split-words.ts";
import {
  parseTokenizerFile,
  SPECIAL_TOKENS,
  type SpecialName,
  type TokenizerSettings,
} from "./tokenizer-file.ts";

/** A text as tokens. */
export interface Encoding {
  readonly ids: Int32Array;
  readonly tokens: readonly string[];
  /** `[start, end)` of each token in Unicode code points of the original text. */
  readonly offsets: readonly (readonly [start: number, end: number])[];
}

/** A text as exactly T ids. */
export interface FixedEncoding {
  /** [T]: the first tokens, then the pad token. */
  readonly ids: Int32Array;
  /** How many are tokens of the text. */
  readonly length: number;
}

/** Turns texts into ids. Pure: the same text gives the same ids, whatever came before. */
export interface Tokenizer {
  /** Token by id. */
  readonly vocabulary: readonly string[];
  /** V, the number of tokens. */
  readonly size: number;
  /** Ids of `[PAD]`, `[UNK]`, `[CLS]`, `[MASK]` and `[SEP]`. */
  readonly specials: Readonly<Record<SpecialName, number>>;
  /** What tokens that continue a word start with, such as `##`. */
  readonly continuationPrefix: string;
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
  /** The id of a token, if the vocabulary holds it as it stands. */
  idOf(token: string): number | undefined;
  /** All tokens of a text. Nothing is added: a text that should start with `[CLS]` says so. */
  encode(text: string): Encoding;
  /**
   * A text truncated or padded to `tokens` ids.
   * @throws {RangeError} when `tokens` is not a whole number from 1
   */
  encodeFixed(text: string, tokens: number): FixedEncoding;
}

const MAX_FILE_BYTES = 64 * 2 ** 20;
const MAX_CACHED_WORDS = 32_768;

/**
 * Reads a Hugging Face `tokenizer.json`.
 * @throws {ConfigError} when there is no such file, or it is larger than 64 MiB
 * @throws {DecodeError} when it is not JSON, or asks for something that is not supported
 */
export async function loadTokenizer(file: string): Promise<Tokenizer> {
  const bytes = await readBounded(file);
  // The file may be a table of reports that was named by mistake: nothing of it is quoted.
  const parsed = tryParseJson(bytes.toString("utf8"));
  if (parsed === undefined) {
    throw new DecodeError(
      `Cannot read tokenizer "${file}": it is not valid JSON; a Hugging Face tokenizer.json is expected`,
    );
  }
  return buildTokenizer(parsed.value, { name: file, sha256: sha256(bytes) });
}

/**
 * Makes a tokenizer of what a `tokenizer.json` holds. Its `sha256` is that of the file that {@link tokenizerFileText}
 * gives.
 * @throws {DecodeError} when it asks for something that is not supported
 */
export function createTokenizer(json: unknown): Tokenizer {
  return buildTokenizer(json, {
    name: "(in memory)",
    sha256: sha256(tokenizerFileText(json)),
  });
}

/** The text to write as a `tokenizer.json`. */
export function tokenizerFileText(json: unknown): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}

async function readBounded(file: string): Promise<Buffer> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new ConfigError(
      `Cannot read tokenizer "${file}": ${describeError(cause)}; a Hugging Face tokenizer.json is expected`,
      { cause },
    );
  });
  if (!found.isFile() || found.size > MAX_FILE_BYTES) {
    const what = found.isFile() ? `${found.size} bytes` : "not a file";
    throw new ConfigError(
      `Cannot read tokenizer "${file}": ${what}, a tokenizer.json of at most ${MAX_FILE_BYTES} bytes is expected`,
    );
  }
  return readFile(file);
}

function buildTokenizer(
  json: unknown,
  { name, sha256 }: { name: string; sha256: string },
): Tokenizer {
  const settings = parseTokenizerFile(json, name);
  const { vocabulary, specials, continuationPrefix } = settings;
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  const idsOfWord = remember(wordPiece(settings));
  const idsOf = ({ text, isAddedToken }: Word): Int32Array =>
    isAddedToken ? Int32Array.of(ids.get(text) ?? specials.unk) : idsOfWord(text);
  const split = createWordSplitter(settings.rules);
  return {
    vocabulary,
    size: vocabulary.length,
    specials,
    continuationPrefix,
    sha256,
    idOf: (token) => ids.get(token),
    encode: (text) => encode(text, { split, idsOf, vocabulary, continuationPrefix }),
    encodeFixed: (text, tokens) => encodeFixed(text, tokens, { split, idsOf, pad: specials.pad }),
  };
}

/**
 * The library's greedy longest match of one word. Its normaliser and pre-tokenisers are not used: they know ASCII words
 * only, lower-case a whole string, and keep no offsets.
 */
function wordPiece(settings: TokenizerSettings): (word: string) => Int32Array {
  const ids = settings.vocabulary.map((token, id) => [token, id] as const);
  const library: { encode(text: string): { ids: number[] } } = new WordPiece(
    {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
      model: {
        type: "WordPiece",
        unk_token: SPECIAL_TOKENS.unk,
        continuing_subword_prefix: settings.continuationPrefix,
        max_input_chars_per_word: settings.maxWordLength,
        vocab: Object.fromEntries(ids),
      },
    },
    {},
  );
  return (word) => Int32Array.from(library.encode(word).ids);
}

interface WordEncoder {
  readonly split: WordSplitter;
  readonly idsOf: (word: Word) => Int32Array;
}

function encode(
  text: string,
  {
    split,
    idsOf,
    vocabulary,
    continuationPrefix,
  }: WordEncoder & Pick<Tokenizer, "vocabulary" | "continuationPrefix">,
): Encoding {
  const ids: number[] = [];
  const tokens: string[] = [];
  const offsets: [number, number][] = [];
  for (const word of split(text)) {
    const pieces = idsOf(word);
    let unit = word.unit;
    for (const [index, id] of pieces.entries()) {
      const token = vocabulary[id] ?? "";
      const prefix = index === 0 ? 0 : continuationPrefix.length;
      // A word of one piece may be `[UNK]`, whose length is not the word's.
      const length = pieces.length === 1 ? word.text.length : token.length - prefix;
      ids.push(id);
      tokens.push(token);
      offsets.push([sourceOf(word.within, unit), sourceOf(word.within, unit + length - 1) + 1]);
      unit += length;
    }
  }
  return { ids: Int32Array.from(ids), tokens, offsets };
}

function encodeFixed(
  text: string,
  tokens: number,
  { split, idsOf, pad }: WordEncoder & { pad: number },
): FixedEncoding {
  if (!Number.isSafeInteger(tokens) || tokens < 1) {
    throw new RangeError(
      `Cannot encode a text to a fixed length: tokens must be a whole number from 1, current value is ${tokens}`,
    );
  }
  const ids = new Int32Array(tokens).fill(pad);
  let length = 0;
  for (const word of split(text)) {
    for (const id of idsOf(word)) {
      if (length === tokens) return { ids, length };
      ids[length++] = id;
    }
  }
  return { ids, length };
}

/** Keeps a function's results for the words it saw; starts anew when they are too many. */
function remember(compute: (word: string) => Int32Array): (word: string) => Int32Array {
  const cache = new Map<string, Int32Array>();
  return (word) => {
    const known = cache.get(word);
    if (known !== undefined) return known;
    if (cache.size >= MAX_CACHED_WORDS) cache.clear();
    const result = compute(word);
    cache.set(word, result);
    return result;
  };
}
