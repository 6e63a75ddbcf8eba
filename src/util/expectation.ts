/** @file Says what a schema has expected where a value does not fit it, in the words of the project's messages. */
import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What types are called. Others by their own names. */
const TYPES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a string",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

/** How zod's own messages begin. Any other one is a schema's, in its words. */
const OF_ZOD = /^(?:Invalid|Too|Unrecognized)\b/;

/** `expected a whole number`: what would have been right in place of what the issue is about. */
export function expectationOf(issue: Issue): string {
  if (!OF_ZOD.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `expected ${String(issue.values[0])}`
        : `expected one of ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return `expected ${alternativesOf(issue)}`;
    case "too_small":
      return `expected ${sizeOf(issue.origin, { least: issue.minimum, isInclusive: issue.inclusive !== false })}`;
    case "too_big":
      return `expected ${sizeOf(issue.origin, { most: issue.maximum, isInclusive: issue.inclusive !== false })}`;
    case "not_multiple_of":
      return `expected a multiple of ${issue.divisor}`;
    case "unrecognized_keys":
      return `unknown ${issue.keys.length === 1 ? "key" : "keys"} ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`;
    default:
      return "expected something else";
  }
}

/** Where a value does not fit, and what was expected there. */
export interface Fault {
  /** The names that lead to it, with dots; empty where the whole is meant. */
  readonly where: string;
  readonly expected: string;
}

/** The first thing that a schema has found wrong. */
export function firstFault({ issues: [issue] }: z.ZodError): Fault {
  if (issue === undefined) return { where: "", expected: "expected something else" };
  return { where: issue.path.map(String).join("."), expected: expectationOf(issue) };
}

interface Bound {
  readonly least?: number | bigint;
  readonly most?: number | bigint;
  readonly isInclusive: boolean;
}

function sizeOf(origin: string, { least, most, isInclusive }: Bound): string {
  if (origin === "string" && least !== undefined) return "some text";
  const bound =
    least !== undefined
      ? `${isInclusive ? "at least" : "more than"} ${least}`
      : `${isInclusive ? "at most" : "less than"} ${most}`;
  if (origin === "string") return `${bound} characters`;
  if (origin !== "array") return bound;
  return `a list of ${bound} ${(least ?? most) === 1 ? "value" : "values"}`;
}

/** What each alternative wants first, each once. */
function alternativesOf({ errors }: Extract<Issue, { code: "invalid_union" }>): string {
  const wanted = errors.flatMap(([first]) =>
    first === undefined ? [] : [expectationOf(first).replace(/^expected /, "")],
  );
  return wanted.length === 0 ? "something else" : [...new Set(wanted)].join(" or ");
}
