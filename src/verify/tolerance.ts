/** @file How far a number may be from the recorded one: a fixture's `tolerance`, applied to tensors and scalars. */
import { z } from "zod";
import { ShapeError } from "../util/errors.ts";
import { describeShape, type NdArray, sameShape, toDoubles } from "../util/nd-array.ts";
import type { Finding } from "./replay.ts";

/** Elements [from, to) of a tensor (all of them where not given) whose true value is 0. */
export interface ZeroRange {
  readonly name: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** The largest magnitude that rounding may leave there. */
  readonly bound: number;
}

/**
 * A fixture's `tolerance`. Figures are relative to the largest expected magnitude of a tensor, or to the magnitude of a
 * scalar; those in `abs` are absolute and go before all others. It may hold other fields, which their own replays read.
 */
export interface Tolerance {
  readonly default: number;
  /** By a tensor's whole name. */
  readonly tensors: Readonly<Record<string, number>>;
  /** By the first part of a tensor's name, such as `grad`. */
  readonly groups: Readonly<Record<string, number>>;
  readonly scalars?: number | undefined;
  /** By a scalar's name, or the first part of it. */
  readonly scalarGroups: Readonly<Record<string, number>>;
  readonly abs: Readonly<Record<string, number>>;
  /** Bounded absolutely, and left out of the tensor's own comparison. */
  readonly zero: readonly ZeroRange[];
}

const figures = z.record(z.string(), z.number()).default({});

/** Parses the `tolerance` of a `fixture.json`. */
export const toleranceSchema: z.ZodType<Tolerance> = z.object({
  default: z.number(),
  tensors: figures,
  groups: figures,
  scalars: z.number().optional(),
  scalarGroups: figures,
  abs: figures,
  zero: z
    .array(
      z.object({
        name: z.string(),
        from: z.int().optional(),
        to: z.int().optional(),
        bound: z.number(),
      }),
    )
    .default([]),
});

/** One figure for everything. */
export function uniformTolerance(figure: number): Tolerance {
  return toleranceSchema.parse({ default: figure });
}

function firstPart(name: string): string {
  return name.split("/", 1)[0] ?? name;
}

/** The relative figure for a tensor. */
export function tensorTolerance(tolerance: Tolerance, name: string): number {
  return tolerance.tensors[name] ?? tolerance.groups[firstPart(name)] ?? tolerance.default;
}

/** The relative figure for a scalar; `gradNorm/cls_token` finds that of `gradNorm` where it has none of its own. */
export function scalarTolerance(tolerance: Tolerance, name: string): number {
  const { scalarGroups, scalars } = tolerance;
  return scalarGroups[name] ?? scalarGroups[firstPart(name)] ?? scalars ?? tolerance.default;
}

/** `difference` as a share of `scale`; no difference is 0 on any scale, and any is infinite on none. */
function relative(difference: number, scale: number): number {
  return difference === 0 ? 0 : difference / scale;
}

function largestMagnitude(values: Float64Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

/** What `compareTensor` compares. */
export interface TensorComparison {
  /** The tensor's name in the fixture, such as `grad/cls_token`. */
  readonly name: string;
  readonly got: NdArray;
  readonly expected: NdArray;
  readonly tolerance: Tolerance;
  /** The largest expected magnitude of the whole tensor, where `expected` is a crop of it. */
  readonly largest?: number;
}

/**
 * Compares a tensor element by element. The findings are one for the tensor (none where all of it is known to be 0) and one
 * for each of its ranges that are.
 * @throws {ShapeError} when the shapes differ
 */
export function compareTensor({
  name,
  got,
  expected,
  tolerance,
  largest,
}: TensorComparison): readonly Finding[] {
  if (!sameShape(got.shape, expected.shape)) {
    throw new ShapeError(
      `Cannot compare "${name}": got ${describeShape(got)}, expected ${describeShape(expected)}`,
    );
  }
  const ours = toDoubles(got);
  const theirs = toDoubles(expected);
  const scale = largest ?? largestMagnitude(theirs);
  const findings: Finding[] = [];
  for (const { from = 0, to = ours.length, bound } of tolerance.zero.filter(
    (range) => range.name === name,
  )) {
    findings.push({
      name: `${name}[${from}:${to}]`,
      error: largestMagnitude(ours.subarray(from, to)),
      tolerance: bound,
    });
    if (to - from === ours.length) return findings;
    // Both sides 0: the range adds no difference below.
    ours.fill(0, from, to);
    theirs.fill(0, from, to);
  }
  const difference = largestMagnitude(ours.map((value, i) => value - (theirs[i] ?? Number.NaN)));
  const absolute = tolerance.abs[name];
  findings.push(
    absolute === undefined
      ? { name, error: relative(difference, scale), tolerance: tensorTolerance(tolerance, name) }
      : { name, error: difference, tolerance: absolute },
  );
  return findings;
}

/** Compares one number. */
export function compareScalar({
  name,
  got,
  expected,
  tolerance,
}: {
  name: string;
  got: number;
  expected: number;
  tolerance: Tolerance;
}): Finding {
  const difference = Math.abs(got - expected);
  const absolute = tolerance.abs[name];
  if (absolute !== undefined) return { name, error: difference, tolerance: absolute };
  const error = relative(difference, Math.abs(expected));
  return { name, error, tolerance: scalarTolerance(tolerance, name) };
}

/** A number of things that should be none: equality is demanded. */
export function countFinding(name: string, count: number): Finding {
  return { name, error: count, tolerance: 0 };
}

/** Compares what must be equal: the error is the number of places that differ, lengths included. */
export function compareExactly({
  name,
  got,
  expected,
}: {
  name: string;
  got: ArrayLike<unknown>;
  expected: ArrayLike<unknown>;
}): Finding {
  let different = Math.abs(got.length - expected.length);
  for (let i = 0; i < Math.min(got.length, expected.length); i++) {
    if (got[i] !== expected[i]) different++;
  }
  return countFinding(name, different);
}

/**
 * One finding for many of the same name and tolerance: that with the largest error, NaN being larger than any number.
 * @throws {RangeError} when there is none
 */
export function worstFinding(findings: readonly Finding[]): Finding {
  const [first, ...others] = findings;
  if (first === undefined) throw new RangeError("Cannot take the worst of no findings");
  return others.reduce(
    (worst, one) => (Number.isNaN(worst.error) || one.error <= worst.error ? worst : one),
    first,
  );
}
