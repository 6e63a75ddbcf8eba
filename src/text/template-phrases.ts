/** @file Stock phrases of reports, which say that something is absent or normal and little of this picture: two, or a list. */

/** The phrases of absence that the authors' program diminishes, the longer first. */
export const TWO_PHRASES: readonly string[] = ["there is no evidence of", "there is no"];

/** A phrase, and in how many of Open-i's 3,927 reports with findings or an impression it stands. */
export interface TemplatePhrase {
  readonly phrase: string;
  readonly reports: number;
}

/** Of how many reports `TEMPLATE_PHRASES` says in how many a phrase stands. */
export const COUNTED_REPORTS = 3927;

const COUNTS: Readonly<Record<string, number>> = {
  // Absence.
  "there is no evidence of": 58,
  "there is no": 791,
  "there are no": 222,
  "no radiographic evidence of": 43,
  "no evidence of": 401,
  "no typical findings of": 71,
  "no acute": 2145,
  "no active": 176,
  "no definite": 125,
  "no focal": 1097,
  "no large": 124,
  "no suspicious": 55,
  "no visible": 88,
  "without evidence of": 129,
  without: 579,
  "negative for": 163,
  "free of": 131,
  "clear of": 69,
  // Normality.
  "is clear": 43,
  "are clear": 1255,
  "are otherwise clear": 64,
  "appear clear": 48,
  "grossly clear": 71,
  "within normal limits": 1391,
  "is within normal limits": 400,
  "are within normal limits": 540,
  "appear within normal limits": 160,
  "is normal": 841,
  "are normal": 381,
  "appear normal": 51,
  "normal in size": 377,
  "is normal in size": 343,
  "is unremarkable": 289,
  "are unremarkable": 182,
  "are intact": 165,
  "appear intact": 87,
};

/**
 * Phrases that stand in one of a hundred of Open-i's reports or more, counted over words without regard to letter case. None names
 * an entity or a part of the body: of `no pleural effusion` only `no` says little, and single words other than `without` are
 * no phrases.
 */
export const TEMPLATE_PHRASES: readonly TemplatePhrase[] = Object.entries(COUNTS).map(
  ([phrase, reports]) => ({ phrase, reports }),
);
