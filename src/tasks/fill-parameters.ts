/** @file Puts the tensors of a weight file in place of drawn parameters; a position table of another grid is interpolated. */
import { resizePositionTable } from "../model/position-table.ts";
import { type NamedViews, writeView } from "../train/parameter-store.ts";
import { WeightsError } from "../util/errors.ts";
import { tableGrid } from "../util/table-grid.ts";
import {
  type LoadReport,
  type LoadTerms,
  type Reshaped,
  requireLoad,
} from "../weights/load-report.ts";
import { readFloats } from "../weights/read-floats.ts";
import type { WeightsFile } from "../weights/weights-file.ts";

/** The tables with a row for each patch and one for the class token, of the encoder and of the pixel decoder. */
const TABLE = /^(?:decoder_)?pos_embed$/;

/** What may differ. */
export type FillTerms = Pick<LoadTerms, "model" | "mayMiss">;

/**
 * Fills parameters as a report says. Tensors of the file for which there is no parameter are left out; a tensor of another shape is
 * refused, unless it is a position table of another grid.
 * @throws {WeightsError} when the report leaves out more than the terms allow, or a value cannot be taken
 */
export async function fillParameters(
  values: NamedViews,
  { stored, report }: { readonly stored: WeightsFile; readonly report: LoadReport },
  terms: FillTerms,
): Promise<void> {
  const { file } = stored;
  const converts = ({ name }: Reshaped): boolean => TABLE.test(name);
  requireLoad(report, { ...terms, file, mayIgnore: () => true, converts });
  const grids = report.reshaped.map((table) => wantedGrid(table, { file, model: terms.model }));
  for (const match of report.loaded) {
    writeView(values, match.name, await readFloats(stored, match));
  }
  for (const [i, table] of report.reshaped.entries()) {
    const floats = await readFloats(stored, table);
    writeView(values, table.name, resizePositionTable(floats, grids[i] ?? 0));
  }
}

/** The grid that a table is to be interpolated to. */
function wantedGrid(
  { name, found, wanted }: Reshaped,
  { file, model }: Pick<LoadTerms, "file" | "model">,
): number {
  const grid = tableGrid(wanted);
  const width = wanted.at(-1);
  if (grid !== undefined && tableGrid(found) !== undefined && found.at(-1) === width) return grid;
  throw new WeightsError(
    `Cannot load weights "${file}" into ${model}: its position table ${name} has the shape [${found.join(",")}], expected [1, 1 + grid², ${width}]: a row for the class token and one for each patch of a square grid`,
  );
}
