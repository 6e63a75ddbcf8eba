/** @file Conformance cases of gathers and scatters. */
import {
  gatherRows,
  pickInRows,
  scatterAddInRows,
  scatterAddRows,
} from "../../src/engine/ops/gather.ts";
import type { Shape } from "../../src/util/nd-array.ts";
import { exactly, indices, normal } from "../draw.ts";
import { applyNamed, type OpCase, type OpRows, opCase } from "./op-case.ts";

const gathering = (table: Shape, rows: Shape): OpCase =>
  opCase(
    `[${table.join(",")}] at [${rows.join(",")}]`,
    { table: normal(...table), rows: indices(table[0] ?? 1, ...rows) },
    (x) => gatherRows(x.table, x.rows),
  );

const scattering = (table: Shape, count: number): OpCase =>
  opCase(
    `${count} rows into [${table.join(",")}]`,
    {
      table: normal(...table),
      rows: indices(table[0] ?? 1, count, 1),
      updates: normal(count, ...table.slice(1)),
    },
    ({ table: base, rows, updates }) => scatterAddRows(base, rows, updates),
  );

const picking = (columns: number, picked: number): OpCase =>
  opCase(
    `${picked} of ${columns} columns`,
    { x: normal(3, columns), at: indices(columns, 3, picked) },
    ({ x, at }) => pickInRows(x, at),
  );

const pickingDown = (rows: number, picked: number): OpCase =>
  opCase(
    `${picked} of ${rows} in each column`,
    { x: normal(rows, 3), at: indices(rows, picked, 3) },
    ({ x, at }) => applyNamed("GatherElements", [x, at], { axis: 0 }),
  );

const addingInRows = (columns: number, added: number): OpCase =>
  opCase(
    `${added} into ${columns} columns`,
    { x: normal(3, columns), at: indices(columns, 3, added), updates: normal(3, added) },
    ({ x, at, updates }) => scatterAddInRows(x, at, updates),
  );

/** Rows by operator. */
export const indexingRows: OpRows = {
  Gather: {
    cases: [
      gathering([4, 3], []),
      gathering([4, 3], [2]),
      gathering([3, 2], [2, 5]), // more indices than rows: some repeat
      gathering([5], [3]),
      gathering([4, 2, 3], [3]),
      opCase("from the end", { table: normal(4, 3), rows: exactly("i64", [3], [-1, 0, -4]) }, (x) =>
        gatherRows(x.table, x.rows),
      ),
      opCase(
        "the padding row is read",
        { table: normal(3, 2), rows: exactly("i64", [2, 2], [1, 0, 2, 1]) },
        (x) => gatherRows(x.table, x.rows, { paddingIndex: 1 }),
        { forwardOnly: "the padding row's gradient is 0 by definition: see gather.test.ts" },
      ),
    ],
  },
  GatherElements: {
    cases: [picking(4, 4), picking(5, 2), picking(2, 5), pickingDown(4, 2), pickingDown(2, 5)],
  },
  ScatterElements: {
    cases: [
      addingInRows(4, 4),
      addingInRows(5, 2),
      addingInRows(2, 6),
      scattering([4, 3], 2),
      scattering([3, 2], 20), // every row repeats
      scattering([4, 2, 3], 5),
      scattering([5], 7),
    ],
  },
};
