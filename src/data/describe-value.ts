/** @file How a message shows a value that a user's file holds, without ever showing a report. */

const MAX_QUOTED = 32;

/**
 * A value for the middle of an error message. Short text of at most two words is quoted; anything longer, which might be a
 * report in the wrong column, is only measured.
 */
export function describeValue(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null || typeof value === "number" || typeof value === "boolean") return `${value}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== "string") return "an object";
  const words = value.trim().split(/\s+/).length;
  if (value.length <= MAX_QUOTED && words <= 2) return JSON.stringify(value);
  return `a text of ${value.length} characters`;
}
