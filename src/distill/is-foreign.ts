/** @file Is a report in another language than English? */
import { ENGLISH, FOREIGN } from "./rules/languages.ts";
import { wordsOf } from "./words.ts";

/** As many small words of other languages make a report foreign, where English ones are fewer still. */
const ENOUGH = 2;
/** Letters of scripts that English is not written in. */
const OTHER_SCRIPT = /[^\P{L}\p{Script=Latin}\p{Script=Greek}]/gu;
const LETTERS = /\p{L}/gu;

/** Does a report seem to be in another language, by its small words or its script? Short telegrams without either are not. */
export function isForeign(report: string): boolean {
  const letters = report.match(LETTERS)?.length ?? 0;
  if (2 * (report.match(OTHER_SCRIPT)?.length ?? 0) > letters) return true;
  let [english, foreign] = [0, 0];
  for (const { text } of wordsOf(report)) {
    if (ENGLISH.has(text)) english += 1;
    else if (FOREIGN.has(text)) foreign += 1;
  }
  return foreign >= ENOUGH && foreign > english;
}
