/** @file Sides and severities that a sentence says, by the tables of the rules. */
import { SIDES_OF_BODY, type Side } from "../record.ts";
import { type Item, modifierOf, tagSentence } from "../tag-sentence.ts";

/** The severities of a sentence, as it spells them. */
export function severitiesIn(sentence: string): readonly string[] {
  const said = tagSentence(sentence, 0, []).filter((item) => modifierOf(item)?.of === "severity");
  return [...new Set(said.map(({ start, end }) => sentence.slice(start, end)))];
}

/** The sides of a sentence. */
export function sidesIn(sentence: string): readonly Side[] {
  const said = new Set(tagSentence(sentence, 0, []).map(sideOf));
  return SIDES_OF_BODY.filter((side) => said.has(side));
}

function sideOf(item: Item): Side | undefined {
  const modifier = modifierOf(item);
  if (modifier?.of === "side") return modifier.value;
  return modifier?.of === "location" ? modifier.side : undefined;
}
