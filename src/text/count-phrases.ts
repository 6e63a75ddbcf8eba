/** @file How many reports of a corpus hold a phrase: what makes it a stock phrase. */
import { textWords } from "./entity-trie.ts";

/** Counts phrases in reports that are shown to it one by one. */
export interface PhraseCounter {
  /** Counts a report; a blank one does not count. */
  add(report: string): void;
  /** How many reports were counted. */
  readonly reports: number;
  /** In how many of them each phrase stands. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Counts phrases by their words, without letter case and accents; each for itself, also within a longer one. */
export function phraseCounter(phrases: readonly string[]): PhraseCounter {
  const needles = phrases.map((phrase) => [phrase, spaced(phrase)] as const);
  const counts = new Map(phrases.map((phrase) => [phrase, 0]));
  let reports = 0;
  return {
    add: (report) => {
      const words = spaced(report);
      if (words.trim() === "") return;
      reports += 1;
      for (const [phrase, needle] of needles) {
        if (words.includes(needle)) counts.set(phrase, (counts.get(phrase) ?? 0) + 1);
      }
    },
    get reports() {
      return reports;
    },
    counts,
  };
}

function spaced(text: string): string {
  return ` ${Array.from(textWords(text), (word) => word.text).join(" ")} `;
}
