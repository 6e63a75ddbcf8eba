/** @file What a replayed detector computed against what its fixture recorded. */
import type { NamedArrays } from "../../engine/runtime/program.ts";
import type { ParameterStore } from "../../train/parameter-store.ts";
import type { Losses, TracedObjective } from "../../train/step-program.ts";
import { type NdArray, sameShape, sizeOf, toDoubles } from "../../util/nd-array.ts";
import type { Fixture } from "../fixture.ts";
import { norm, sum } from "../gradient-figures.ts";
import type { Finding } from "../replay.ts";
import {
  compareScalar,
  compareTensor,
  countFinding,
  uniformTolerance,
  worstFinding,
} from "../tolerance.ts";
import type { RecordedDetector } from "./detect-record.ts";

/** Sums in double precision of the same f32 numbers differ by no more than their order makes them. */
const SUM_TOLERANCE = uniformTolerance(1e-9);

/** The same parameters, buffers and shapes, the same numbers in them, and the same ones trained. */
export function compareModel(
  { shapes, sums, expected }: RecordedDetector,
  { trained }: TracedObjective,
  { values }: ParameterStore,
): readonly Finding[] {
  const recorded = Object.entries(shapes);
  const other = recorded.filter(([name, shape]) => {
    const found = values.get(name)?.shape;
    return found === undefined || !sameShape(found, shape);
  });
  const unrecorded = [...values.keys()].filter((name) => !(name in shapes));
  const shouldTrain = Object.keys(expected.gradNormOf);
  const trains = new Set(trained.map(({ name }) => name));
  const untrained = shouldTrain.filter((name) => !trains.has(name)); // no others were asked for
  const total = Object.entries(sums).map(([name, expectedSum]) =>
    compareScalar({
      ...{ name: "parameterSum", expected: expectedSum, tolerance: SUM_TOLERANCE },
      got: sumOf(values.get(name)),
    }),
  );
  return [
    countFinding("parameters", other.length + unrecorded.length),
    countFinding("trained", untrained.length),
    ...(total.length === 0 ? [] : [worstFinding(total)]),
  ];
}

const sumOf = (array: NdArray | undefined): number =>
  array === undefined ? Number.NaN : sum(array);

/** Maps of both modes, and the first channels of what goes into the neck. */
export async function compareMaps(
  fixture: Fixture,
  { backboneShapes, tolerance }: RecordedDetector,
  maps: NamedArrays,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let otherShapes = 0;
  for (const [name, whole] of maps) {
    const backbone = /^out\/backbone\/.*\/(\d+)$/.exec(name)?.[1];
    if (backbone !== undefined && !sameShape(whole.shape, backboneShapes[Number(backbone)] ?? []))
      otherShapes++;
    if (!fixture.tensorNames.includes(name)) continue;
    const expected = await fixture.tensor(name);
    const got = firstChannels(whole, expected.shape[1] ?? 0);
    findings.push(...compareTensor({ name, got, expected, tolerance }));
  }
  return [...findings, countFinding("backboneShapes", otherShapes)];
}

/** The first channels of [B, C, H, W]. */
function firstChannels(array: NdArray, count: number): NdArray {
  const [batch = 0, channels = 0, ...plane] = array.shape;
  const values = toDoubles(array);
  const [image, kept] = [channels * sizeOf(plane), count * sizeOf(plane)];
  const data = Float64Array.from({ length: batch * kept }, (_, i) => {
    return values[Math.floor(i / kept) * image + (i % kept)] ?? Number.NaN;
  });
  return { dtype: "f64", shape: [batch, count, ...plane], data };
}

/** The loss, its terms, and norms of gradients. */
export function compareFigures(
  { expected: { total, perScale, gradNorm, gradNormOf }, tolerance }: RecordedDetector,
  losses: Losses,
  { norm: ours, store }: { readonly norm: number; readonly store: ParameterStore },
): readonly Finding[] {
  const compare = (name: string, got: number | undefined, expected: number): Finding =>
    compareScalar({ name, got: got ?? Number.NaN, expected, tolerance });
  return [
    compare("total", losses["total"], total),
    ...perScale.rows.flatMap((row, k) =>
      row.map((value, i) => {
        const name = `perScale/${k}/${perScale.names[i] ?? i}`;
        return compare(name, losses[name], value);
      }),
    ),
    compare("gradNorm", ours, gradNorm),
    ...Object.entries(gradNormOf).map(([parameter, value]) => {
      const gradient = store.gradients.get(parameter);
      const got = gradient === undefined ? undefined : norm(gradient);
      return compare(`gradNormOf/${parameter}`, got, value);
    }),
  ];
}

/** The first elements of every recorded gradient, relative to the largest of the whole. */
export async function compareGradientHeads(
  fixture: Fixture,
  { gradMax, tolerance }: RecordedDetector,
  { gradients }: ParameterStore,
): Promise<readonly Finding[]> {
  return compareHeads(fixture, "grad-head/", (parameter) => ({
    got: gradients.get(parameter),
    options: { tolerance, largest: gradMax[parameter] },
  }));
}

/** The first elements of every recorded statistic after the step. */
export async function compareStatistics(
  fixture: Fixture,
  { tolerance }: RecordedDetector,
  { moved }: ParameterStore,
): Promise<readonly Finding[]> {
  return compareHeads(fixture, "after-forward-head/", (buffer) => ({
    got: moved.get(buffer),
    options: { tolerance, largest: undefined },
  }));
}

type Tolerated = Pick<Parameters<typeof compareTensor>[0], "tolerance"> & {
  readonly largest: number | undefined;
};

async function compareHeads(
  fixture: Fixture,
  prefix: string,
  find: (name: string) => {
    readonly got: NdArray<"f32"> | undefined;
    readonly options: Tolerated;
  },
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of fixture.tensorNames.filter((each) => each.startsWith(prefix))) {
    const expected = await fixture.tensor(name);
    const { got, options } = find(name.slice(prefix.length));
    if (got === undefined) continue; // `uncompared` finds it
    const { tolerance, largest } = options;
    const length = sizeOf(expected.shape);
    const head = { dtype: "f32", shape: [length], data: got.data.subarray(0, length) } as const;
    const scale = largest === undefined ? {} : { largest };
    findings.push(...compareTensor({ name, got: head, expected, tolerance, ...scale }));
  }
  return findings;
}
