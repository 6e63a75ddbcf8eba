/** @file Noise for the reports of phantoms, which are otherwise complete, correct and well spelt. */
import { splitSentences } from "../../src/text/split-sentences.ts";
import type { RandomStream } from "../../src/util/random.ts";

/** How much of a report suffers. */
export interface Roughness {
  /** How often a sentence is missing; the last one that is left stays. */
  readonly lostSentences: number;
  /** How often a word is a mark of de-identification. */
  readonly maskedWords: number;
  /** How often two neighbouring letters of a word have changed places. */
  readonly misspeltWords: number;
}

/** A report as a hurried person would leave it: a pure function of its text and the stream's draws. */
export function roughReport(report: string, roughness: Roughness, stream: RandomStream): string {
  const sentences = splitSentences(report).map(({ start, end }) => report.slice(start, end));
  const kept = sentences.filter(() => stream.uniform() >= roughness.lostSentences);
  const left = kept.length > 0 ? kept : sentences.slice(-1);
  return left.join(" ").replace(/\p{L}{4,}/gu, (word) => roughWord(word, roughness, stream));
}

function roughWord(
  word: string,
  { maskedWords, misspeltWords }: Roughness,
  stream: RandomStream,
): string {
  const draw = stream.uniform();
  if (draw < maskedWords) return "XXXX";
  if (draw >= maskedWords + misspeltWords) return word;
  const first = 1 + stream.integer(word.length - 2); // the first letter is seldom wrong
  const [a, b] = [word.charAt(first), word.charAt(first + 1)];
  return `${word.slice(0, first)}${b}${a}${word.slice(first + 2)}`;
}
