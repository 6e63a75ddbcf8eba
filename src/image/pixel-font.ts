/** @file Letters as pixels, seven rows high: what a drawing says looks the same on every machine, whatever fonts it has. */

/** A word as rows of pixels: one for each sign that is not a space. */
export type PixelWord = readonly string[];

/** How many rows a letter has. */
export const LETTER_HEIGHT = 7;

/** Each letter's rows from the top, with a slash between two. */
const LETTERS: Readonly<Record<string, string>> = {
  A: " ### /#   #/#   #/#####/#   #/#   #/#   #",
  B: "#### /#   #/#   #/#### /#   #/#   #/#### ",
  C: " ### /#   #/#    /#    /#    /#   #/ ### ",
  D: "#### /#   #/#   #/#   #/#   #/#   #/#### ",
  E: "#####/#    /#    /#### /#    /#    /#####",
  F: "#####/#    /#    /#### /#    /#    /#    ",
  G: " ### /#   #/#    /# ###/#   #/#   #/ ####",
  H: "#   #/#   #/#   #/#####/#   #/#   #/#   #",
  I: "#/#/#/#/#/#/#",
  J: "    #/    #/    #/    #/    #/#   #/ ### ",
  K: "#   #/#  # /# #  /##   /# #  /#  # /#   #",
  L: "#    /#    /#    /#    /#    /#    /#####",
  M: "#   #/## ##/# # #/# # #/#   #/#   #/#   #",
  N: "#   #/##  #/##  #/# # #/#  ##/#  ##/#   #",
  O: " ### /#   #/#   #/#   #/#   #/#   #/ ### ",
  P: "#### /#   #/#   #/#### /#    /#    /#    ",
  Q: " ### /#   #/#   #/#   #/# # #/#  # / ## #",
  R: "#### /#   #/#   #/#### /# #  /#  # /#   #",
  S: " ####/#    /#    / ### /    #/    #/#### ",
  T: "#####/  #  /  #  /  #  /  #  /  #  /  #  ",
  U: "#   #/#   #/#   #/#   #/#   #/#   #/ ### ",
  V: "#   #/#   #/#   #/#   #/#   #/ # # /  #  ",
  W: "#   #/#   #/#   #/# # #/# # #/## ##/#   #",
  X: "#   #/#   #/ # # /  #  / # # /#   #/#   #",
  Y: "#   #/#   #/ # # /  #  /  #  /  #  /  #  ",
  Z: "#####/    #/   # /  #  / #   /#    /#####",
  "0": " ### /#   #/#  ##/# # #/##  #/#   #/ ### ",
  "1": " # /## / # / # / # / # /###",
  "2": " ### /#   #/    #/   # /  #  / #   /#####",
  "3": "#####/   # /  #  /   # /    #/#   #/ ### ",
  "4": "   # /  ## / # # /#  # /#####/   # /   # ",
  "5": "#####/#    /#### /    #/    #/#   #/ ### ",
  "6": "  ## / #   /#    /#### /#   #/#   #/ ### ",
  "7": "#####/    #/   # /  #  / #   / #   / #   ",
  "8": " ### /#   #/#   #/ ### /#   #/#   #/ ### ",
  "9": " ### /#   #/#   #/ ####/    #/   # / ##  ",
  " ": "   /   /   /   /   /   /   ",
  ".": "  /  /  /  /  /##/##",
  ",": "  /  /  /  / #/ #/# ",
  ":": "  /##/##/  /##/##/  ",
  "-": "    /    /    /####/    /    /    ",
  _: "     /     /     /     /     /     /#####",
  "+": "     /  #  /  #  /#####/  #  /  #  /     ",
  "=": "    /    /####/    /####/    /    ",
  "<": "   #/  # / #  /#   / #  /  # /   #",
  ">": "#   / #  /  # /   #/  # / #  /#   ",
  "/": "    #/    #/   # /  #  / #   /#    /#    ",
  "%": "##  #/##  #/   # /  #  / #   /#  ##/#  ##",
  "(": "  #/ # /#  /#  /#  / # /  #",
  ")": "#  / # /  #/  #/  #/ # /#  ",
  "'": "#/#/ / / / / ",
};

/** What stands for a letter that is not here. */
const UNKNOWN = "#####/#   #/#   #/#   #/#   #/#   #/#####";

/** A text in capital letters without accents, one column of pixels between two letters. Letters of other scripts are empty boxes. */
export function pixelWord(text: string): PixelWord {
  const plain = text.normalize("NFD").replaceAll(/\p{Mark}/gu, "");
  const letters = Array.from(plain.toUpperCase(), (letter) =>
    (LETTERS[letter] ?? UNKNOWN).split("/"),
  );
  return Array.from({ length: LETTER_HEIGHT }, (_, row) =>
    letters.map((rows) => rows[row] ?? "").join(" "),
  );
}

/** How many pixels wide a text is. */
export const textWidth = (text: string): number => pixelWord(text)[0]?.length ?? 0;

/** The pixels of a text that are inked, by column and row. */
export function* inkOf(text: string): Generator<readonly [column: number, row: number]> {
  for (const [row, pixels] of pixelWord(text).entries()) {
    for (let column = 0; column < pixels.length; column++) {
      if (pixels[column] !== " ") yield [column, row];
    }
  }
}
