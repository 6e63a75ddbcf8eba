/** @file Spans that a model proposes as entities which the lexicon lacks, trimmed to a noun by the tables of the rules. */
import type { EntityMention } from "../../text/lexicon.ts";
import { type Item, tagSentence } from "../tag-sentence.ts";
import { placeOf } from "../words.ts";
import { overlap } from "./sentence-entities.ts";
import { isOutsideWord } from "./sentence-spans.ts";

/** Words that name no finding when they stand alone, whatever a model says. */
const NO_ENTITIES: ReadonlySet<string> = new Set(
  "abnormality abnormalities appearance area areas body bones bony chest change changes clear comparison contour contours disease evidence exam examination film finding findings image images interval limits lung lungs motion normal patient picture portable position process radiograph region structures study technique thorax tip view views volume volumes xxxx".split(
    " ",
  ),
);

/** The proposals that stand, by their places in the sentence; their entity is the span itself, in lower case. */
export function proposeEntities(
  proposals: readonly string[],
  sentence: string,
  mentions: readonly EntityMention[],
): readonly EntityMention[] {
  const items = tagSentence(sentence, 0, mentions);
  const kept = new Map<string, EntityMention>();
  for (const proposal of proposals) {
    const place = placeOf(proposal, sentence);
    const inside = place === undefined ? [] : items.filter((item) => overlap(item, place));
    const noun = trimmed(inside);
    const [first, last] = [noun[0], noun[noun.length - 1]];
    if (first === undefined || last === undefined || !namesSomething(noun)) continue;
    const entity = noun.map(({ text }) => text).join(" ");
    kept.set(entity, { entity, label: null, start: first.start, end: last.end });
  }
  return [...kept.values()];
}

/** Without sides, places, severities and small words around it. */
function trimmed(items: readonly Item[]): readonly Item[] {
  const isNoun = ({ kind, text }: Item): boolean => kind !== "word" || !isOutsideWord(text);
  const carries = (item: Item): boolean =>
    (item.kind === "word" || item.kind === "entity") && isNoun(item);
  const first = items.findIndex(carries);
  const last = items.findLastIndex(carries);
  return first === -1 ? [] : items.slice(first, last + 1);
}

function namesSomething(items: readonly Item[]): boolean {
  return (
    items.every(({ kind }) => kind === "word" || kind === "modifier") &&
    items.some(({ kind, text }) => kind === "word" && isName(text))
  );
}

function isName(word: string): boolean {
  return /^\p{L}{3,}$/u.test(word) && !NO_ENTITIES.has(word) && !/^x+$/.test(word);
}
