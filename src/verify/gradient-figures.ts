/** @file Gradients against a fixture: whole tensors where they are stored, else norm, sum and the first eight elements. */
import { z } from "zod";
import type { NamedArrays } from "../engine/runtime/program.ts";
import { type NdArray, toDoubles } from "../util/nd-array.ts";
import type { Fixture } from "./fixture.ts";
import type { Finding } from "./replay.ts";
import { compareTensor, type Tolerance, toleranceSchema } from "./tolerance.ts";

/** What a fixture says of one parameter's gradient. */
export interface Figures {
  readonly norm: number;
  readonly sum: number;
  /** Σ |g|, which the error of the sum is relative to. */
  readonly l1: number;
  readonly norm64?: number | undefined;
  readonly sum64?: number | undefined;
}

/** What a `fixture.json` says of gradients, and how close ours must be. */
export interface GradientFields {
  readonly gradients: Readonly<Record<string, Figures>>;
  readonly tolerance: Tolerance & {
    readonly gradients?:
      | { readonly norm: number; readonly sum: number; readonly first8: number }
      | undefined;
  };
}

const figuresSchema = z.object({
  norm: z.number(),
  sum: z.number(),
  l1: z.number(),
  norm64: z.number().optional(),
  sum64: z.number().optional(),
});

const limitsSchema = z.object({ norm: z.number(), sum: z.number(), first8: z.number() });

/** Parses the part of a `fixture.json` that is about gradients. */
export const gradientSchema: z.ZodType<GradientFields> = z.object({
  gradients: z.record(z.string(), figuresSchema).default({}),
  tolerance: toleranceSchema.and(z.object({ gradients: limitsSchema.optional() })),
});

/** Σ x in double precision. */
export function sum({ data }: NdArray): number {
  let total = 0;
  for (let i = 0; i < data.length; i++) total += Number(data[i]);
  return total;
}

/** √Σ x² in double precision. */
export function norm({ data }: NdArray): number {
  let total = 0;
  for (let i = 0; i < data.length; i++) total += Number(data[i]) ** 2;
  return Math.sqrt(total);
}

/** Compares every gradient that the fixture records in any form. One that we do not have never passes. */
export async function compareGradients(
  fixture: Fixture,
  { gradients: figures, tolerance }: GradientFields,
  gradients: NamedArrays,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const missing = (name: string): Finding => ({ name, error: Number.NaN, tolerance: 0 });
  for (const name of fixture.tensorNames.filter((key) => key.startsWith("grad/"))) {
    const got = gradients.get(name.slice("grad/".length));
    const expected = await fixture.tensor(name);
    findings.push(
      ...(got === undefined ? [missing(name)] : compareTensor({ name, got, expected, tolerance })),
    );
  }
  for (const [name, recorded] of Object.entries(figures)) {
    const got = gradients.get(name);
    const first8 = `gradFirst8/${name}`;
    const expected = fixture.tensorNames.includes(first8)
      ? await fixture.tensor(first8)
      : undefined;
    findings.push(
      ...(got === undefined
        ? [missing(`grad/${name}`)]
        : compareFigures(name, { got, recorded, expected }, tolerance)),
    );
  }
  return findings;
}

function compareFigures(
  name: string,
  {
    got,
    recorded,
    expected,
  }: { readonly got: NdArray; readonly recorded: Figures; readonly expected: NdArray | undefined },
  tolerance: GradientFields["tolerance"],
): readonly Finding[] {
  const zero = tolerance.zero.find((range) => range.name === name);
  if (zero !== undefined)
    return [{ name: `grad/${name}/norm`, error: norm(got), tolerance: zero.bound }];
  const limits = tolerance.gradients ?? {
    norm: tolerance.default,
    sum: tolerance.default,
    first8: tolerance.default,
  };
  const expectedNorm = recorded.norm64 ?? recorded.norm;
  const findings = [
    {
      name: `grad/${name}/norm`,
      error: Math.abs(norm(got) - expectedNorm) / expectedNorm,
      tolerance: limits.norm,
    },
    {
      name: `grad/${name}/sum`,
      error: Math.abs(sum(got) - (recorded.sum64 ?? recorded.sum)) / recorded.l1,
      tolerance: limits.sum,
    },
  ];
  if (expected === undefined) return findings;
  const typical = expectedNorm / Math.sqrt(got.data.length);
  const differences = Array.from(toDoubles(expected), (value, i) =>
    Math.abs(Number(got.data[i]) - value),
  );
  return [
    ...findings,
    {
      name: `grad/${name}/first8`,
      error: Math.max(...differences) / typical,
      tolerance: limits.first8,
    },
  ];
}
