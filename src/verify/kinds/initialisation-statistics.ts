/** @file Are freshly drawn values of a parameter as the recorded rule wants them? Exactly where it is exact, else statistically. */
import { sizeOf } from "../../util/nd-array.ts";
import type { Finding } from "../replay.ts";
import { countFinding } from "../tolerance.ts";
import type { RecordedParameter, Summary } from "./initialisation-record.ts";

/** The fixture's note: within 6 standard errors of the rule. */
const STANDARD_ERRORS = 6;
/** Statistics of a fixed table are sums in double, whose order is free. */
const TABLE_TOLERANCE = 1e-9;
/** Fourth moment over squared variance; with it the standard error of a standard deviation is σ √((κ − 1) / 4n). */
const KURTOSIS = { uniform: 1.8, normal: 3 } as const;

/** Mean, standard deviation about it, and extremes; in double. */
function summarise(values: Float32Array): Summary {
  let sum = 0;
  let zeros = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    sum += value;
    if (value === 0) zeros++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, std: Math.sqrt(squares / values.length), min, max, zeros };
}

/** The values without the zero row, and how many elements of that row are not 0. */
function withoutZeroRow(
  values: Float32Array,
  { shape, rule }: RecordedParameter,
): { readonly drawn: Float32Array; readonly faults: number } {
  if (rule.kind !== "normal" || rule.zeroRow === undefined) return { drawn: values, faults: 0 };
  const size = sizeOf(shape.slice(1));
  const start = rule.zeroRow * size;
  const row = values.subarray(start, start + size);
  const drawn = new Float32Array(values.length - size);
  drawn.set(values.subarray(0, start));
  drawn.set(values.subarray(start + size), start);
  return { drawn, faults: row.reduce((count, value) => count + Number(value !== 0), 0) };
}

function compareTable(values: Float32Array, recorded: RecordedParameter): readonly Finding[] {
  const { mean, std, ...exact } = summarise(values);
  const { name } = recorded;
  const faults = [exact.min !== recorded.min, exact.max !== recorded.max];
  return [
    countFinding(
      `values/${name}`,
      Math.abs(exact.zeros - recorded.zeros) + faults.filter(Boolean).length,
    ),
    { name: `mean/${name}`, error: Math.abs(mean / recorded.mean - 1), tolerance: TABLE_TOLERANCE },
    { name: `std/${name}`, error: Math.abs(std / recorded.std - 1), tolerance: TABLE_TOLERANCE },
  ];
}

/** Mean and standard deviation of random values, each as its distance from the rule's in standard errors. */
function compareMoments(
  values: Float32Array,
  { name, std, kurtosis }: { name: string; std: number; kurtosis: number },
): readonly Finding[] {
  const { mean, std: spread } = summarise(values);
  const size = values.length;
  const aboutZero = Math.hypot(spread, mean); // the rule's mean is 0, and known
  return [
    {
      name: `mean/${name}`,
      error: Math.abs(mean) / (std / Math.sqrt(size)),
      tolerance: STANDARD_ERRORS,
    },
    {
      name: `std/${name}`,
      error: Math.abs(aboutZero - std) / (std * Math.sqrt((kurtosis - 1) / (4 * size))),
      tolerance: STANDARD_ERRORS,
    },
  ];
}

/** Are the values of one parameter, freshly drawn, as the recorded rule wants them? */
export function compareInitialValues(
  values: Float32Array,
  recorded: RecordedParameter,
): readonly Finding[] {
  const { name, rule } = recorded;
  const outside = (isInside: (value: number) => boolean): Finding =>
    countFinding(
      `values/${name}`,
      values.reduce((count, value) => count + Number(!isInside(value)), 0),
    );
  switch (rule.kind) {
    case "sincos":
      return compareTable(values, recorded);
    case "constant":
      return [outside((value) => value === rule.value)];
    case "normal": {
      const { drawn, faults } = withoutZeroRow(values, recorded);
      const moments = { name, std: rule.std, kurtosis: KURTOSIS.normal };
      return [countFinding(`values/${name}`, faults), ...compareMoments(drawn, moments)];
    }
    case "xavier-uniform":
    case "conv-default-uniform": {
      const bound = Math.fround(rule.bound);
      const moments = { name, std: rule.bound / Math.sqrt(3), kurtosis: KURTOSIS.uniform };
      return [outside((value) => Math.abs(value) <= bound), ...compareMoments(values, moments)];
    }
    default:
      return rule satisfies never;
  }
}
