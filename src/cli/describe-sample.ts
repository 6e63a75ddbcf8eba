/** @file How many records of how many patients figures are of, in words. */

/** What is counted. */
export interface Sample {
  readonly records: number;
  /** Those that are known, and every record that names none for one of its own. */
  readonly patients: number;
  /** Records that name no patient. */
  readonly withoutPatient: number;
}

/** `24 records of 9 patients`, or what is not known of them. */
export function describeSample({ records, patients, withoutPatient }: Sample): string {
  if (withoutPatient === records) {
    return `${records} records, no patients known: intervals are by record`;
  }
  const known = `${records} records of ${patients - withoutPatient} patients`;
  return withoutPatient === 0
    ? known
    : `${known}, ${withoutPatient} of unknown ones, which are drawn alone`;
}
