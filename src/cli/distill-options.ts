/** @file The providers of `ecamp distill run`, and its options that are about language models. */
import type { BooleanOption, NumberOption, StringOption } from "./option.ts";

/** The providers that can be named. */
export const PROVIDERS = ["rules", "openai", "gguf"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** The names and kinds of those options; none has a default, so that one which says nothing of a provider can be told. */
export type LanguageModelOptions = Readonly<
  Record<"model" | "base-url" | "api-key-file", StringOption> &
    Record<
      "concurrency" | "rate" | "timeout" | "price-in" | "price-out" | "threads",
      NumberOption
    > &
    Record<"allow-remote" | "assist" | "free", BooleanOption>
>;

/** For servers and model files. */
export const LANGUAGE_MODEL_OPTIONS: LanguageModelOptions = {
  model: { type: "string", metavar: "NAME", help: "the server's model, or a GGUF file" },
  "base-url": { type: "string", metavar: "URL", help: "openai: the server, up to its /v1" },
  "api-key-file": { type: "string", metavar: "FILE", help: "openai: a file with the key" },
  "allow-remote": {
    type: "boolean",
    help: "openai: allow a server that is not this machine; reports are sent to it",
  },
  concurrency: { type: "integer", min: 1, max: 64, help: "openai: reports at a time; 1 if absent" },
  rate: { type: "number", min: 0.01, help: "openai: requests a minute; no limit if absent" },
  timeout: { type: "number", min: 0.1, help: "openai: seconds for an answer; 120 if absent" },
  "price-in": { type: "number", min: 0, help: "openai: price of a million tokens read" },
  "price-out": { type: "number", min: 0, help: "openai: price of a million tokens written" },
  threads: { type: "integer", min: 1, max: 256, help: "gguf: threads; 1 if absent" },
  assist: {
    type: "boolean",
    help: "the rules decide; the model only proposes entities that the lexicon lacks",
  },
  free: { type: "boolean", help: "keep the model's own sentences where the findings bear them" },
};
