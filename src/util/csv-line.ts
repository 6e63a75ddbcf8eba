/** @file A line of a CSV file (RFC 4180). */

/** A line with its end; cells with commas, quotes or line ends are quoted. */
export function csvLine(cells: readonly (string | number)[]): string {
  const shown = cells.map((cell) => {
    const text = String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${shown.join(",")}\n`;
}
