/** @file Replays the `position-table` fixture: both sine–cosine tables and their resizing to other grids (SPEC 3.1). */
import { z } from "zod";
import {
  type FrequencyExponent,
  type PositionTableOptions,
  positionTable,
  positionTableDoubles,
  resizePositionTable,
} from "../../model/position-table.ts";
import { type NdArray, ndArray } from "../../util/nd-array.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { compareTensor, uniformTolerance } from "../tolerance.ts";

const fixtureSchema = z.object({
  config: z.object({
    grid: z.int(),
    /** The width of the table that is stored whole. */
    fullWidth: z.int(),
    /** The width of the table of which `partRows` are stored. */
    partWidth: z.int(),
    partRows: z.array(z.int()),
    /** The grids that `in/table` is resized to. */
    sizes: z.array(z.int()),
  }),
  tolerance: z.object({ default: z.number(), tableF64: z.number(), tableF32: z.number() }),
});

type Fields = z.infer<typeof fixtureSchema>;

const EXPONENTS: Readonly<Record<string, FrequencyExponent>> = {
  published: "k/(2d)",
  mae: "k/(d/2)",
};

/** Some rows of a table, or all of them. */
function takeRows<D extends "f32" | "f64">(
  table: NdArray<D>,
  rows: readonly number[] | undefined,
): NdArray<D> {
  if (rows === undefined) return table;
  const width = table.shape[1] ?? 0;
  const taken = rows.flatMap((row) => [...table.data.subarray(row * width, (row + 1) * width)]);
  return ndArray(table.dtype, [rows.length, width], taken);
}

async function compareTable(
  fixture: Fixture,
  { tolerance }: Fields,
  table: PositionTableOptions & { readonly from: string; readonly rows?: readonly number[] },
): Promise<readonly Finding[]> {
  const { width, grid, from, rows } = table;
  const shape = [1 + grid * grid, width];
  const ours = {
    f64: ndArray("f64", shape, positionTableDoubles(table)),
    f32: ndArray("f32", shape, positionTable(table).data),
  };
  const findings: Finding[] = [];
  for (const [type, got] of Object.entries(ours)) {
    const name = `out/d${width}/${from}/${type}`;
    const expected = await fixture.tensor(name);
    const figure = type === "f64" ? tolerance.tableF64 : tolerance.tableF32;
    findings.push(
      ...compareTensor({
        name,
        got: takeRows(got, rows),
        expected,
        tolerance: uniformTolerance(figure),
      }),
    );
  }
  return findings;
}

async function compareResized(
  fixture: Fixture,
  { config, tolerance }: Fields,
): Promise<readonly Finding[]> {
  const { dtype, shape, data } = await fixture.tensor("in/table");
  if (dtype !== "f32" || !(data instanceof Float32Array)) {
    throw new TypeError(`Cannot resize "in/table": it is ${dtype}, expected f32`);
  }
  const findings: Finding[] = [];
  for (const size of config.sizes) {
    const name = `out/interpolated${size}`;
    const got = resizePositionTable(ndArray("f32", shape, data), size);
    const expected = await fixture.tensor(name);
    const figures = uniformTolerance(tolerance.default);
    findings.push(...compareTensor({ name, got, expected, tolerance: figures }));
  }
  return findings;
}

/** Every stored table in double and in f32, and every resized one. */
export const replayPositionTable: Replay = async (fixture) => {
  const fields = fixtureFields(fixture, fixtureSchema);
  const { grid, fullWidth, partWidth, partRows } = fields.config;
  const findings: Finding[] = [];
  for (const [from, exponent] of Object.entries(EXPONENTS)) {
    const options = { grid, exponent, from };
    findings.push(
      ...(await compareTable(fixture, fields, { ...options, width: fullWidth })),
      ...(await compareTable(fixture, fields, { ...options, width: partWidth, rows: partRows })),
    );
  }
  return [...findings, ...(await compareResized(fixture, fields))];
};
