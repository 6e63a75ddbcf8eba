/** @file The fixtures that are copied into the project, and such fixtures with something changed, to see that a replay notices. */
import { fileURLToPath } from "node:url";
import { type NdArray, ndArray, toDoubles } from "../src/util/nd-array.ts";
import { type Fixture, openFixture } from "../src/verify/fixture.ts";
import type { Finding } from "../src/verify/replay.ts";

/** The factor on a fixture's figures up to which an error passes, as in `ecamp verify`. */
const SLACK = 4;

/** Opens a copy under `test/fixtures`. */
export const openCopy = (name: string): Promise<Fixture> =>
  openFixture(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)));

/** The fixture with other tensors. */
export const withTensors = (
  fixture: Fixture,
  change: (name: string, array: NdArray) => NdArray,
): Fixture => ({
  ...fixture,
  tensor: async (name) => change(name, await fixture.tensor(name)),
});

/** The fixture with other fields in its `fixture.json`; `config` is changed key by key. */
export const withFields = (
  fixture: Fixture,
  { config, ...fields }: Readonly<Record<string, unknown>>,
): Fixture => ({
  ...fixture,
  json: {
    ...fixture.json,
    ...fields,
    config: { ...Object(fixture.json["config"]), ...Object(config) },
  },
});

/** Every element, and its position, through a function. */
export function mapElements(
  array: NdArray,
  change: (value: number, position: number) => number,
): NdArray {
  return ndArray(array.dtype, array.shape, Array.from(toDoubles(array), change));
}

/** Every number in a tree of JSON through a function. */
export function mapNumbers(json: unknown, change: (value: number) => number): unknown {
  if (typeof json === "number") return change(json);
  if (Array.isArray(json)) return json.map((each) => mapNumbers(each, change));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, mapNumbers(value, change)]),
  );
}

/** The names of the findings that do not pass, in order. */
export const failuresOf = (findings: readonly Finding[]): readonly string[] =>
  findings.filter(({ error, tolerance }) => !(error <= SLACK * tolerance)).map(({ name }) => name);

/** The names of all findings, in order. */
export const namesOf = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ name }) => name);

/** The fixture with every sample of its batch twice: losses, gradients and what is kept of single samples stay the same. */
export function withDoubledBatch(fixture: Fixture): Fixture {
  const { batch } = Object(fixture.json["config"]);
  const doubled = withTensors(fixture, (name, { dtype, shape, data }) => {
    const [length = 0, ...rest] = shape;
    if (!/^(in|out)\//.test(name) || length !== batch) return { dtype, shape, data };
    const values = Array.from(data, Number);
    return ndArray(dtype, [2 * length, ...rest], [...values, ...values]);
  });
  return withFields(doubled, { config: { batch: 2 * batch } });
}
