/** @file Names that are given as one word, with commas between them. */

/** `disc, cup` as `["disc", "cup"]`; undefined where nothing is given. */
export function namesOf(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
