/** @file What a language model is to the provider that asks it: one question, one text. A server or a file stands behind it. */

/** One question. */
export interface Question {
  readonly messages: readonly Message[];
  /** What the answer must look like, where the model can be held to it. */
  readonly schema: JsonSchema;
  /** The longest answer, in tokens. */
  readonly maxTokens: number;
}

/** One turn of the conversation that a question is. */
export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly text: string;
}

/** A schema of the kind that is written here: objects, arrays, texts and lists of words. */
export type JsonSchema =
  | {
      readonly type: "object";
      readonly properties: Readonly<Record<string, JsonSchema>>;
      readonly required: readonly string[];
      readonly additionalProperties: false;
    }
  | { readonly type: "array"; readonly items: JsonSchema; readonly maxItems: number }
  | { readonly type: "string"; readonly maxLength: number }
  | { readonly type: "string"; readonly enum: readonly string[] };

/** What came of a question: a text, or why there is none. */
export type Reply =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refusal" }
  /** Longer than `maxTokens`; the text is as much as there is. */
  | { readonly kind: "cut"; readonly text: string }
  /** The question was not taken, though others are: too long, say, or held back by a filter. */
  | { readonly kind: "rejected"; readonly what: string };

/** A language model. The same question has the same answer, as far as its server keeps to that. */
export interface LanguageModel extends AsyncDisposable {
  /** Such as `openai`; stands in the records. */
  readonly provider: string;
  /** Which model; stands in the records. */
  readonly model: string;
  /** How many questions it takes at a time. */
  readonly concurrency: number;
  /**
   * Asks.
   * @throws {ExecutionError} when there is no answer to be had, without quoting the question or the answer
   */
  ask(question: Question, signal?: AbortSignal): Promise<Reply>;
  /** What it used so far, for people. */
  usage(): string;
}
