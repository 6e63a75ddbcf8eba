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

/** The first issue; where that is a missing key, those of all keys that the same object lacks, so that one reading mends them. */
function toTell(issues: readonly Issue[], value: unknown): readonly Issue[] {
  const [first] = issues;
  if (first === undefined) return [];
  const isMissing = ({ path }: Issue): boolean =>
    path.length > 0 && valueAt(value, path) === undefined;
  const owner = ({ path }: Issue): string => JSON.stringify(path.slice(0, -1).map(String));
  if (!isMissing(first)) return [first];
  return issues.filter((issue) => isMissing(issue) && owner(issue) === owner(first));
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
 * @throws {ManifestError} `Cannot <attempt>: split is "training", expected one of train, val, test`; of what is missing, all keys at once
 */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, context: SchemaContext): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const reasons = toTell(result.error.issues, value).map((issue) =>
    describeIssue(issue, value, context.keys),
  );
  const reason = reasons.length === 0 ? "it is not understood" : reasons.join("; ");
  throw new ManifestError(`Cannot ${context.attempt}: ${reason}`);
}
