/** @file The text that a model answers, as findings: JSON, wherever in the text it stands, and of the shape that was asked for. */
import { z } from "zod";
import { tryParseJson } from "../../util/jsonl.ts";
import { FINDING_STATUSES } from "../record.ts";
import type { AskedFor } from "./prompt.ts";

/** A finding as a model writes it. */
export interface NamedFinding {
  readonly entity: string;
  readonly status: (typeof FINDING_STATUSES)[number];
  readonly side: string;
  readonly location: string;
  readonly severity: string;
}

/** What a model says of a sentence. */
export interface SentenceAnswer {
  readonly findings: readonly NamedFinding[];
  /** Its own words, where they were asked for. */
  readonly sentence: string;
  /** What the sentence names, where only that was asked for. */
  readonly entities: readonly string[];
}

/** An answer, or what is wrong with the text, in words that quote nothing of it. */
export type ParsedAnswer =
  | { readonly kind: "answer"; readonly answer: SentenceAnswer }
  | { readonly kind: "wrong"; readonly problem: string };

/** Longer texts than any answer need not be searched. */
const MAX_CHARACTERS = 100_000;
const MAX_ITEMS = 50;

const word = z.string().max(1000);
const detail = word.nullish().transform((value) => value ?? "");

const findingsSchema = z.object({
  findings: z
    .array(
      z.object({
        entity: word,
        status: z.enum(FINDING_STATUSES),
        side: detail,
        location: detail,
        severity: detail,
      }),
    )
    .max(MAX_ITEMS),
  sentence: detail,
});

const entitiesSchema = z.object({ entities: z.array(word).max(MAX_ITEMS) });

/** Reads a model's answer. */
export function parseAnswer(text: string, asked: AskedFor): ParsedAnswer {
  const json = text.length > MAX_CHARACTERS ? undefined : jsonIn(text);
  if (json === undefined) return { kind: "wrong", problem: "it is not a JSON object" };
  const parsed =
    asked === "assist"
      ? entitiesSchema.transform(({ entities }) => ({ entities, findings: [], sentence: "" }))
      : findingsSchema.transform((answer) => ({ ...answer, entities: [] }));
  const result = parsed.safeParse(json.value);
  if (result.success) return { kind: "answer", answer: result.data };
  const path = result.error.issues[0]?.path.map(String).join(".") ?? "";
  return { kind: "wrong", problem: `${path === "" ? "it" : path} is missing, or not as asked` };
}

/** The JSON object of a text: all of it, or from its first brace to its last, as in a fence or behind prose. */
export function jsonIn(text: string): { readonly value: unknown } | undefined {
  const whole = tryParseJson(text);
  if (whole !== undefined) return whole;
  const [first, last] = [text.indexOf("{"), text.lastIndexOf("}")];
  return first === -1 || last < first ? undefined : tryParseJson(text.slice(first, last + 1));
}
