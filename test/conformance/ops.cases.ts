/** @file The conformance table: a row for every operator that the engine defines. */
import { elementwiseRows } from "./elementwise.cases.ts";
import { indexingRows } from "./indexing.cases.ts";
import { layoutRows } from "./layout.cases.ts";
import type { OpRows } from "./op-case.ts";
import { productRows } from "./products.cases.ts";
import { reduceRows } from "./reduce.cases.ts";

/** Rows by operator. */
export const OP_ROWS: OpRows = {
  ...elementwiseRows,
  ...layoutRows,
  ...indexingRows,
  ...productRows,
  ...reduceRows,
};
