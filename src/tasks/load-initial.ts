/** @file `--init`: parameters that a weight file holds replace the drawn ones, and a report says which. */
import type { ParameterStore } from "../train/parameter-store.ts";
import { writeView } from "../train/parameter-store.ts";
import type { NdArray } from "../util/nd-array.ts";
import { type LoadReport, matchWeights, requireLoad } from "../weights/load-report.ts";
import { openSafetensors } from "../weights/safetensors.ts";

/** The image encoder's own parameters: a file that lacks one of them is no start for it. */
const ENCODER = /^(cls_token|patch_embed\.|blocks\.|norm\.)/;

/**
 * Copies every tensor that the file and the model share. Decoders may be missing (MAE's file has no report decoder) and foreign
 * heads ignored; the encoder must be complete, and a tensor of another shape is refused.
 * @throws {WeightsError} when the file is damaged, the encoder incomplete, or a shape differs
 */
export async function loadInitialWeights(file: string, store: ParameterStore): Promise<LoadReport> {
  await using stored = await openSafetensors(file);
  const report = matchWeights({
    available: stored.names.map((name) => [name, stored.info(name).shape] as const),
    wanted: [...store.values].map(([name, { shape }]) => [name, shape] as const),
  });
  requireLoad(report, {
    file,
    model: "the pre-training model",
    mayMiss: (name) => !ENCODER.test(name),
    mayIgnore: () => true,
  });
  for (const { name, source } of report.loaded) {
    writeView(store.values, name, asFloats(await stored.read(source)));
  }
  return report;
}

const asFloats = ({ dtype, shape, data }: NdArray): NdArray<"f32"> => ({
  dtype: "f32",
  shape,
  data:
    dtype === "f32" ? (data as Float32Array) : Float32Array.from(data as ArrayLike<number>, Number),
});
