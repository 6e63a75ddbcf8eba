/** @file The compact writing of a lexicon in this project's own files: a row an entity, its forms in one string. */
import type { FindingLabel, Lexicon } from "../lexicon.ts";

/** An entity: its lemma, the finding that its presence is, and its further forms, separated by commas. */
export type LexiconRow = readonly [entity: string, label: FindingLabel | null, forms?: string];

/** Makes a lexicon of rows. The lemma is a form of its own. */
export function lexiconOfRows(name: string, rows: readonly LexiconRow[]): Lexicon {
  const entities = rows.map(([entity, label, forms]) => ({
    entity,
    label,
    forms: [entity, ...(forms === undefined ? [] : forms.split(/,\s*/))],
  }));
  return { name, entities };
}
