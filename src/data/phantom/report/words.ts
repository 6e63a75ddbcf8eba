/** @file Small English: articles, lists, capitals. */

/** Words that are there, with single spaces between. */
export function phrase(...words: readonly (string | undefined)[]): string {
  return words.filter((word) => word !== undefined && word !== "").join(" ");
}

/** The words with `a` or `an` in front. */
export function withArticle(words: string): string {
  return `${/^(?:[aeiou]|8|11\b|18\b)/.test(words) ? "an" : "a"} ${words}`;
}

/** A sentence: first letter in upper case, a full stop at the end. */
export function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** `a`, `a or b`, `a, b, or c`. */
export function listOf(items: readonly string[], conjunction: "and" | "or"): string {
  if (items.length < 3) return items.join(` ${conjunction} `);
  return `${items.slice(0, -1).join(", ")}, ${conjunction} ${items[items.length - 1] ?? ""}`;
}
