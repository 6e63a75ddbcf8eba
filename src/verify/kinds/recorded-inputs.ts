/** @file What fixtures of downstream tasks record alike: parameters and normalised images, as they are or by a formula. */
import { z } from "zod";
import type { NdArray } from "../../util/nd-array.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import { formulaParameter, formulaTensor } from "../formula.ts";

const size = z.int().positive();

/** Where a fixture's parameters come from. */
export interface RecordedParameters {
  readonly parameters: "stored" | "formula";
  readonly config: { readonly salt: string };
}

/** A parameter as it was recorded, or by the formula that both sides know. */
export async function recordedParameter(
  fixture: Fixture,
  { parameters, config: { salt } }: RecordedParameters,
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
): Promise<NdArray<"f32">> {
  if (parameters === "formula") return formulaParameter({ name, shape, salt });
  return floats(await fixture.tensor(`param/${name}`));
}

const imagesSchema = z.object({
  inputs: z.object({
    images: z.union([
      z.string(),
      z.object({
        formula: z.object({
          name: z.string(),
          shape: z.array(size),
          scale: z.number(),
          shift: z.number(),
        }),
      }),
    ]),
  }),
});

/** Normalised images [B, 3, S, S], as they were recorded or by a formula. */
export async function recordedImages(fixture: Fixture): Promise<NdArray<"f32">> {
  const { images } = fixtureFields(fixture, imagesSchema).inputs;
  if (typeof images === "string") return floats(await fixture.tensor("in/images"));
  return formulaTensor(images.formula);
}

/** The same numbers as f32. */
export const floats = ({ shape, data }: NdArray): NdArray<"f32"> => ({
  dtype: "f32",
  shape,
  data: Float32Array.from(data as ArrayLike<number | bigint>, Number),
});
