/** @file A report as it would be of the mirrored picture: left and right exchanged in its words. */

/** Words of side by what they become. Prefixes, as of `levoscoliosis`, stand with a hyphen. */
const PAIRS: readonly (readonly [string, string])[] = [
  ["left", "right"],
  ["leftward", "rightward"],
  ["leftwards", "rightwards"],
  ["lt", "rt"],
  ["levo-", "dextro-"],
];

const OTHER_SIDE: ReadonlyMap<string, string> = new Map(
  PAIRS.flatMap(([left, right]) => [
    [left, right],
    [right, left],
  ]),
);

const isPrefix = (word: string): boolean => word.endsWith("-");
const wholeWords = [...OTHER_SIDE.keys()].filter((word) => !isPrefix(word));
const prefixes = [...OTHER_SIDE.keys()].filter(isPrefix).map((word) => word.slice(0, -1));

/** What such a prefix may stand before: of a drug (`levofloxacin`) or a sugar (`dextrose`) it is no side. */
const STEMS = [
  "-",
  "cardia",
  "concav",
  "convex",
  "curv",
  "position",
  "rotat",
  "rotoscolio",
  "scolio",
  "version",
];

/** Whole words between anything that is no letter (so `left-sided` too), and prefixes in front of their stems. */
const SIDE = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:(?:${wholeWords.join("|")})(?![\\p{L}\\p{N}])|(?:${prefixes.join("|")})(?=${STEMS.join("|")}))`,
  "giu",
);

/** `LEFT` as `RIGHT`, `Left` as `Right`, anything else in lower case. */
function inCaseOf(model: string, word: string): string {
  if (model === model.toUpperCase()) return word.toUpperCase();
  const [first = ""] = model;
  return first === first.toUpperCase() ? word.charAt(0).toUpperCase() + word.slice(1) : word;
}

/**
 * Exchanges left and right. Done twice it gives the text back.
 *
 * @example
 * swapSides("Left-sided effusion, RIGHT apex clear."); // "Right-sided effusion, LEFT apex clear."
 */
export function swapSides(text: string): string {
  return text.replace(SIDE, (found) => {
    const word = found.toLowerCase();
    const other = OTHER_SIDE.get(word) ?? OTHER_SIDE.get(`${word}-`)?.slice(0, -1) ?? found;
    return inCaseOf(found, other);
  });
}
