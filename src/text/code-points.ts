/** @file From the code points in which a tokenizer counts to the UTF-16 units in which JavaScript does. */

/** Where the n-th code point of a text starts, in UTF-16 units; its length for those behind the last. */
export function codePointUnits(text: string): (codePoint: number) => number {
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) {
    return (codePoint) => Math.min(codePoint, text.length); // no character takes two units
  }
  const units: number[] = [];
  let unit = 0;
  for (const character of text) {
    units.push(unit);
    unit += character.length;
  }
  return (codePoint) => units[codePoint] ?? unit;
}
