/** @file A list of tokens as a `tokenizer.json`, and the rules for words that every vocabulary made here has. */
import type { NormalizerStep } from "./normalize-text.ts";
import type { WordRules } from "./split-words.ts";
import { SPECIAL_TOKENS } from "./tokenizer-file.ts";

/** What a `tokenizer.json` of this project holds. */
export interface TokenizerJson {
  readonly version: "1.0";
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly {
    readonly id: number;
    readonly special: true;
    readonly content: string;
    readonly single_word: false;
    readonly lstrip: false;
    readonly rstrip: false;
    readonly normalized: false;
  }[];
  readonly normalizer: {
    readonly type: "Sequence";
    readonly normalizers: readonly { readonly type: NormalizerStep }[];
  };
  readonly pre_tokenizer: {
    readonly type: "Sequence";
    readonly pretokenizers: readonly [
      { readonly type: "Whitespace" },
      { readonly type: "Digits"; readonly individual_digits: false },
    ];
  };
  readonly post_processor: null;
  readonly decoder: null;
  readonly model: {
    readonly type: "WordPiece";
    readonly unk_token: string;
    readonly continuing_subword_prefix: string;
    readonly max_input_chars_per_word: number;
    readonly vocab: Readonly<Record<string, number>>;
  };
}

/** The special tokens in the order of their ids, from 0. */
export const SPECIALS: readonly string[] = Object.values(SPECIAL_TOKENS);
/** What continues a word starts with. */
export const CONTINUATION_PREFIX = "##";
/** A longer word, in code points, is `[UNK]` as a whole. */
export const MAX_WORD_LENGTH = 100;
/** Where words begin and end in every vocabulary that is made here: the settings of the authors' tokenizer. */
export const WORD_RULES: WordRules = {
  addedTokens: SPECIALS,
  normalizers: ["Lowercase", "NFKD", "StripAccents"],
  preTokenizers: ["Whitespace", "Digits"],
};

/** Describes a vocabulary, token by id; the first five are the {@link SPECIALS}. */
export function describeVocabulary(vocabulary: readonly string[]): TokenizerJson {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIALS.map((content, id) => ({
      id,
      special: true,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: {
      type: "Sequence",
      normalizers: WORD_RULES.normalizers.map((type) => ({ type })),
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [{ type: "Whitespace" }, { type: "Digits", individual_digits: false }],
    },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordPiece",
      unk_token: SPECIAL_TOKENS.unk,
      continuing_subword_prefix: CONTINUATION_PREFIX,
      max_input_chars_per_word: MAX_WORD_LENGTH,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  };
}
