/** @file Makes visible what would steer a terminal, in names and texts out of files from others. */

/** C0, DEL and C1 (among them the escape that begins a terminal's commands), what turns the direction of text, line separators. */
const STEERING = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

const LAYOUT = new Set(["\n", "\t"]);

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * A text that a terminal only shows: everything that would steer it is written as `\u001b`, which JSON reads as the same character.
 * Line ends and tabs stay.
 */
export function escapeControls(text: string): string {
  return text.replace(STEERING, (character) =>
    LAYOUT.has(character) ? character : escaped(character),
  );
}

/** The same for a text that is to stay on one line, such as a tensor's name: line ends and tabs are written so too. */
export function escapeLine(text: string): string {
  return text.replace(STEERING, escaped);
}
