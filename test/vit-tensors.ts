/** @file Tensors of small vision transformers under the names of several programs, with values that say where they came from. */
import { type SavedTensor, savedTensor } from "./pth-file.ts";

/** Sizes of a vision transformer. */
export interface VitSizes {
  readonly dim: number;
  readonly depth: number;
  readonly patch: number;
  /** Patches along a side. */
  readonly grid: number;
  readonly hidden: number;
}

/** The smallest that has two blocks and a grid that can be interpolated. */
export const SMALL_VIT: VitSizes = { dim: 8, depth: 2, patch: 4, grid: 2, hidden: 16 };

type Tensors = Readonly<Record<string, SavedTensor>>;

const mapKeys = (tensors: Tensors, change: (name: string) => string): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [change(name), tensor]));

/** The same tensors with something before their names. */
export const prefixed = (prefix: string, tensors: Tensors): Tensors =>
  mapKeys(tensors, (name) => prefix + name);

/** An encoder as MAE and timm name it. Every value is its own: no two tensors begin alike. */
export function vitTensors({ dim, depth, patch, grid, hidden }: VitSizes = SMALL_VIT): Tensors {
  const shapes: [string, readonly number[]][] = [
    ["cls_token", [1, 1, dim]],
    ["pos_embed", [1, 1 + grid * grid, dim]],
    ["patch_embed.proj.weight", [dim, 3, patch, patch]],
    ["patch_embed.proj.bias", [dim]],
  ];
  const layer = (name: string, rows: number, columns?: number): void => {
    shapes.push([`${name}.weight`, columns === undefined ? [rows] : [rows, columns]]);
    shapes.push([`${name}.bias`, [rows]]);
  };
  for (let i = 0; i < depth; i++) {
    layer(`blocks.${i}.norm1`, dim);
    layer(`blocks.${i}.attn.qkv`, 3 * dim, dim);
    layer(`blocks.${i}.attn.proj`, dim, dim);
    layer(`blocks.${i}.norm2`, dim);
    layer(`blocks.${i}.mlp.fc1`, hidden, dim);
    layer(`blocks.${i}.mlp.fc2`, dim, hidden);
  }
  layer("norm", dim);
  return Object.fromEntries(
    shapes.map(([name, shape], place) => [
      name,
      savedTensor(shape, (index) => Math.fround(0.01 * (place + 1) + 0.001 * Math.sin(index))),
    ]),
  );
}

const HF_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^cls_token$/, "embeddings.cls_token"],
  [/^pos_embed$/, "embeddings.position_embeddings"],
  [/^patch_embed\.proj\./, "embeddings.patch_embeddings.projection."],
  [/^norm\./, "layernorm."],
  [/^blocks\.(\d+)\.norm1\./, "encoder.layer.$1.layernorm_before."],
  [/^blocks\.(\d+)\.norm2\./, "encoder.layer.$1.layernorm_after."],
  [/^blocks\.(\d+)\.attn\.proj\./, "encoder.layer.$1.attention.output.dense."],
  [/^blocks\.(\d+)\.mlp\.fc1\./, "encoder.layer.$1.intermediate.dense."],
  [/^blocks\.(\d+)\.mlp\.fc2\./, "encoder.layer.$1.output.dense."],
];

/** The same encoder as Hugging Face names it, with query, key and value apart. */
export function hfVitTensors(tensors: Tensors = vitTensors()): Tensors {
  const renamed: Record<string, SavedTensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const qkv = /^blocks\.(\d+)\.attn\.qkv\.(weight|bias)$/.exec(name);
    if (qkv === null) {
      const spelling = HF_NAMES.find(([ours]) => ours.test(name));
      renamed[spelling === undefined ? name : name.replace(...spelling)] = tensor;
      continue;
    }
    const [rows = 0, ...rest] = tensor.shape;
    const length = tensor.storage.length / 3;
    for (const [part, word] of ["query", "key", "value"].entries()) {
      const values = tensor.storage.slice(part * length, (part + 1) * length);
      renamed[`encoder.layer.${qkv[1]}.attention.attention.${word}.${qkv[2]}`] = savedTensor(
        [rows / 3, ...rest],
        values,
      );
    }
  }
  return renamed;
}
