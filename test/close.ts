/** @file Are two arrays close? The failure shows both numbers where they are furthest apart. */
import assert from "node:assert/strict";
import { sameShape } from "../src/util/nd-array.ts";
import { coordinatesOf, type Values } from "./reference/values.ts";

/** What is compared, and how close it must be. */
export interface Comparison {
  /** Named in the failure, such as `gradient of x (seed 3)`. */
  readonly what: string;
  readonly actual: Values;
  readonly expected: Values;
  /** Allowed difference, as a share of the largest expected magnitude. */
  readonly tolerance: number;
  /** Where every expected magnitude is smaller than this, it takes the place of the largest. */
  readonly floor?: number;
  /** What the failure calls the actual and the expected numbers. */
  readonly labels?: readonly [string, string];
}

const SHOWN = 4;

/** Fails unless every element is close; two infinities of one sign are, a NaN never is. */
export function assertClose(comparison: Comparison): void {
  const { what, actual, expected, tolerance, floor = 0.01 } = comparison;
  const [actualLabel, expectedLabel] = comparison.labels ?? ["actual", "expected"];
  if (!sameShape(actual.shape, expected.shape)) {
    assert.fail(`${what}: [${actual.shape.join(",")}] and [${expected.shape.join(",")}] differ`);
  }
  const allowed = tolerance * largestMagnitude(expected, floor);
  const apart = differences(actual, expected).filter(({ error }) => !(error <= allowed));
  if (apart.length === 0) return;
  apart.sort((a, b) => severity(b.error) - severity(a.error));
  const lines = apart.slice(0, SHOWN).map(({ position, error }) => {
    const place = coordinatesOf(position, actual.shape).join(",");
    const [found, wanted] = [actual.data[position], expected.data[position]];
    return `  at [${place}]: ${actualLabel} ${found}, ${expectedLabel} ${wanted}, difference ${error.toExponential(2)}`;
  });
  const count = `${apart.length} of ${actual.data.length} elements differ by more than ${allowed.toExponential(2)}`;
  assert.fail([`${what}: ${count}`, ...lines].join("\n"));
}

const severity = (error: number): number =>
  Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;

function largestMagnitude({ data }: Values, floor: number): number {
  return data.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), floor);
}

function differences(
  actual: Values,
  expected: Values,
): { readonly position: number; readonly error: number }[] {
  return Array.from(actual.data, (value, position) => {
    const wanted = expected.data[position] ?? Number.NaN;
    return { position, error: value === wanted ? 0 : Math.abs(value - wanted) };
  });
}
