/** @file The rival of a pre-trained encoder: the same one with parameters as they are drawn. */
import { join } from "node:path";
import { input } from "../../src/engine/tensor.ts";
import { vitEncoder } from "../../src/model/vit.ts";
import { initialValues } from "../../src/nn/initializers.ts";
import { Scope, Trace } from "../../src/nn/scope.ts";
import type { EncoderOptions } from "../../src/recipes/downstream-config.ts";
import { trainedEncoder } from "../../src/tasks/finetune/trained-encoder.ts";
import { openSafetensors, writeSafetensors } from "../../src/weights/safetensors.ts";

/** The encoder as it was before it was trained: the same architecture and normalisation, parameters drawn with the seed. */
export async function redraw(
  trained: string,
  {
    seed,
    folder,
    model,
  }: { readonly seed: number; readonly folder: string; readonly model: EncoderOptions },
): Promise<string> {
  await using stored = await openSafetensors(trained);
  const { normalization: _, assumed: __, ...architecture } = trainedEncoder(stored, model);
  const trace = new Trace();
  const side = architecture.imageSize;
  vitEncoder(new Scope(trace), { image: input("image", "f32", [1, 3, side, side]) }, architecture);
  const drawn = [...trace.parameters.values()].map(
    (parameter) => [parameter.name, initialValues({ ...parameter, seed })] as const,
  );
  const file = join(folder, "drawn.safetensors");
  await writeSafetensors(file, drawn, { metadata: stored.metadata });
  return file;
}
