/** @file RIGA+ lists: pairs of a fundus picture and its mask, `img_path,mask_path` (SPEC 4.2). */
import { type ListText, listError, listRows } from "./list-text.ts";

/** One picture of a RIGA list; the paths are relative to the dataset's folder. */
export interface RigaRow {
  /** From 1. */
  readonly line: number;
  readonly image: string;
  /** Non-zero is the disc, 255 the cup. */
  readonly mask: string;
}

/**
 * Parses a RIGA list.
 * @throws {ManifestError} naming the line, when a path is missing
 */
export function parseRigaList(list: ListText): readonly RigaRow[] {
  return listRows(list, ["img_path", "mask_path"]).map(({ line, cell }) => {
    const [image, mask] = [cell("img_path"), cell("mask_path")];
    if (image === "" || mask === "") {
      const column = image === "" ? "img_path" : "mask_path";
      throw listError(list, line, `column "${column}" is empty, expected a path`);
    }
    return { line, image, mask };
  });
}
