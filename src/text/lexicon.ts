/** @file What a lexicon of medical entities is: entities as data, with every way in which reports spell them. */

/** The findings that reports are scored by; every other entity has none. */
export const FINDING_LABELS = [
  "Atelectasis",
  "Cardiomegaly",
  "Consolidation",
  "Edema",
  "Emphysema",
  "Enlarged_Cardiomediastinum",
  "Fracture",
  "Granuloma",
  "Hernia",
  "Lung_Lesion",
  "Lung_Opacity",
  "Pleural_Effusion",
  "Pleural_Other",
  "Pneumonia",
  "Pneumothorax",
  "Support_Devices",
] as const;

/** A finding that reports are scored by. */
export type FindingLabel = (typeof FINDING_LABELS)[number];

/** One entity. */
export interface LexiconEntity {
  /** Its lemma in lower case, such as `effusion`; unique within a lexicon. */
  readonly entity: string;
  /** The finding that its presence is; null for none. */
  readonly label: FindingLabel | null;
  /**
   * Every spelling, the lemma included where it is one: inflections, synonyms, abbreviations. Lower case, words separated by
   * one space; a hyphen or slash in a text counts as a space.
   */
  readonly forms: readonly string[];
}

/** A list of entities. A form stands in one entity only. */
export interface Lexicon {
  /** What messages and records call it, such as `chest`. */
  readonly name: string;
  readonly entities: readonly LexiconEntity[];
}

/** An entity in a text. */
export interface EntityMention {
  readonly entity: string;
  readonly label: FindingLabel | null;
  /** Where it stands, in UTF-16 code units as JavaScript counts: `text.slice(start, end)` is what was matched. */
  readonly start: number;
  readonly end: number;
}
