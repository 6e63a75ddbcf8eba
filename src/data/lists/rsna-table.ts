/** @file The RSNA challenge's own table, a row for each box: `patientId,x,y,width,height,Target`. */
import { type ListRow, type ListText, listError, listRows } from "./list-text.ts";
import type { CornerBox, RsnaRow } from "./rsna-list.ts";

const COLUMNS = ["patientId", "x", "y", "width", "height", "Target"] as const;

/** Is it the challenge's own table, and not a list of the published program? */
export function isRsnaTable({ text }: ListText): boolean {
  const [header = ""] = text.split(/\r\n|\n|\r/, 1);
  return header.includes("patientId");
}

/**
 * Parses the table: a row for each box, or one without a box where the target is 0. The picture is called like the patient, of
 * whom there is no other.
 * @throws {ManifestError} naming the line, when a cell is no number, or a picture both has a box and has none
 */
export function parseRsnaTable(list: ListText): readonly RsnaRow[] {
  const pictures = new Map<string, { readonly line: number; readonly boxes: CornerBox[] }>();
  for (const row of listRows(list, COLUMNS)) {
    const id = row.cell("patientId");
    if (id === "") throw listError(list, row.line, 'column "patientId" is empty, expected an id');
    const box = boxOf(row, list);
    const picture = pictures.get(id);
    if (picture === undefined) {
      pictures.set(id, { line: row.line, boxes: box === undefined ? [] : [box] });
    } else if (box === undefined || picture.boxes.length === 0) {
      throw listError(
        list,
        row.line,
        `the picture has a row before, in line ${picture.line}, and one of the two says that there is nothing to mark`,
      );
    } else {
      picture.boxes.push(box);
    }
  }
  return [...pictures].map(([id, { line, boxes }]) => ({
    ...{ line, path: `${id}.dcm`, bbox: JSON.stringify(boxes), boxes },
  }));
}

/** A row's box; undefined where its target is 0. */
function boxOf({ line, cell }: ListRow, list: ListText): CornerBox | undefined {
  const target = cell("Target");
  if (target === "0") return undefined;
  if (target !== "1") throw listError(list, line, 'column "Target" is neither 0 nor 1');
  const side = (column: string): number => {
    const value = Number(cell(column));
    if (cell(column) !== "" && Number.isFinite(value)) return value;
    throw listError(list, line, `column "${column}" is no number, expected a side of the box`);
  };
  const [x, y] = [side("x"), side("y")];
  return [x, y, x + side("width"), y + side("height")];
}
