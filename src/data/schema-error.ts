/** @file Says in one readable sentence why a value does not fit a schema, without quoting a report. */
import type { z } from "zod";
import { ManifestError } from "../util/errors.ts";
import { expectationOf } from "../util/expectation.ts";
import { suggest } from "../util/suggest.ts";
import { describeValue } from "./describe-value.ts";

type Issue = z.core.$ZodIssue;

/** Fields whose values are never shown: text that was written about a patient. */
const UNQUOTED = new Set(["report", "context", "findings", "meta"]);

/** `, did you mean "labels"?` when one of the candidates is nearly the word, else nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const nearest = suggest(word, candidates);
  return nearest === undefined ? "" : `, did you mean ${JSON.stringify(nearest)}?`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined,
    value,
  );
}

function describeIssue(issue: Issue, value: unknown, known: readonly string[]): string {
  const name = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const hint = issue.path.length === 0 ? didYouMean(key, known) : "";
    return `${name === "" ? "" : `${name} has an `}unknown key ${describeValue(key)}${hint}`;
  }
  const found = valueAt(value, issue.path);
  const isShown = !UNQUOTED.has(String(issue.path[0])) || typeof found !== "string";
  const shown = isShown ? describeValue(found) : `a text of ${found.length} characters`;
  return `${name === "" ? "it" : name} is ${shown}, ${expectationOf(issue)}`;
}

/** Where a value comes from and which keys it may have, for messages. */
export interface SchemaContext {
  /** What is being done, such as `read "records.jsonl" line 812`. */
  readonly attempt: string;
  /** The keys that the value may have. */
  readonly keys: readonly string[];
}

/**
 * The value as the schema understands it.
 * @throws {ManifestError} `Cannot <attempt>: split is "training", expected one of train, val, test`
 */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, context: SchemaContext): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const reason =
    issue === undefined ? "it is not understood" : describeIssue(issue, value, context.keys);
  throw new ManifestError(`Cannot ${context.attempt}: ${reason}`);
}
