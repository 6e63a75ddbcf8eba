/** @file "Did you mean": the nearest of the words that would have been right. */
import { closest, distance } from "fastest-levenshtein";

/**
 * The nearest candidate, when it is near enough to be a slip of the keyboard (a third of the word's length, at least two
 * edits) or what the word is the beginning or end of; otherwise nothing.
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || word === "") return undefined;
  const nearest = closest(word, candidates);
  if (distance(word, nearest) <= Math.max(2, Math.floor(word.length / 3))) return nearest;
  const related = candidates.filter(
    (candidate) => candidate.startsWith(word) || candidate.endsWith(`.${word}`),
  );
  return related.length === 1 ? related[0] : undefined;
}

/** The end of a message: `, did you mean <nearest>?`, else `, expected one of …` when the list is short, else nothing. */
export function suggestion(
  word: string,
  candidates: readonly string[],
  prefix: string = "",
): string {
  const nearest = suggest(word, candidates);
  if (nearest !== undefined) return `, did you mean ${prefix}${nearest}?`;
  if (candidates.length === 0 || candidates.length > 12) return "";
  return `, expected one of ${candidates.map((name) => `${prefix}${name}`).join(", ")}`;
}
