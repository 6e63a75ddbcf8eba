/** @file What a weight file holds, and what of it would load into what; no tensor is read. */
import { input } from "../engine/tensor.ts";
import { MODULES, type ModuleName, moduleOf } from "../model/modules.ts";
import { vitEncoder } from "../model/vit.ts";
import { Scope, Trace } from "../nn/scope.ts";
import { WeightsError } from "../util/errors.ts";
import type { Shape } from "../util/nd-array.ts";
import {
  type EncoderShape,
  type RecognizedWeights,
  recognizeWeights,
  requireEncoder,
} from "../weights/recognize.ts";
import type { BesideTensors, WeightsFile, WeightsFormat } from "../weights/weights-file.ts";

/** One tensor. */
export interface InspectedTensor {
  readonly name: string;
  /** Its element type, as safetensors names it. */
  readonly type: string;
  readonly shape: Shape;
  /** The parameter that it becomes; null for none. */
  readonly becomes: string | null;
  /** Which of the three parts of that parameter it is, from 1; null for all of it. */
  readonly part: number | null;
}

/** An image encoder, and the parameters of ours that it lacks. */
export interface InspectedEncoder extends EncoderShape {
  readonly missing: readonly string[];
}

/** Everything that can be said of a file without reading its tensors. */
export interface WeightsInspection {
  readonly file: string;
  readonly format: WeightsFormat;
  readonly tensors: readonly InspectedTensor[];
  readonly tensorBytes: number;
  /** Whose program wrote it, in words. */
  readonly looksLike: string;
  /** The same as a word, such as `mae`; null for none that is known. */
  readonly family: string | null;
  /** What stands before the names of the encoder; null where there is no single one. */
  readonly prefix: string | null;
  readonly encoder: InspectedEncoder | null;
  /** Parameters of each part of the pre-training model. */
  readonly parts: Readonly<Partial<Record<ModuleName, number>>>;
  readonly beside: readonly BesideTensors[];
  /** The keys of a safetensors header's texts. */
  readonly metadata: readonly string[];
  /** Why nothing can start from it; null where its encoder is whole but for the final norm, which downstream models have not. */
  readonly refusal: string | null;
}

/** Inspects an open file. */
export function inspectWeights(weights: WeightsFile): WeightsInspection {
  const recognized = recognizeWeights(weights);
  const { family = null, what, prefixes, encoder } = recognized;
  const missing = encoder === undefined ? [] : missingParameters(encoder, recognized);
  const [prefix = null] = prefixes.length === 1 ? prefixes : [];
  const partsOf = partsByName(recognized);
  return {
    ...{ file: weights.file, format: weights.format, looksLike: what, family, prefix },
    tensors: inspectTensors(weights, recognized, partsOf),
    tensorBytes: weights.names.reduce((sum, name) => sum + weights.info(name).byteLength, 0),
    encoder: encoder === undefined ? null : { ...encoder, missing },
    parts: countParts(partsOf),
    beside: weights.beside,
    metadata: Object.keys(weights.metadata),
    refusal: refusalOf(weights.file, recognized, missing),
  };
}

/** The part of the pre-training model that each parameter of a file belongs to. */
function partsByName({ family, tensors }: RecognizedWeights): ReadonlyMap<string, ModuleName> {
  const parts = new Map<string, ModuleName>();
  if (family === undefined) return parts;
  for (const name of tensors.keys()) {
    const part = partOf(name);
    if (part !== undefined) parts.set(name, part);
  }
  return parts;
}

function partOf(name: string): ModuleName | undefined {
  try {
    return moduleOf(name);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // of no part
    throw error;
  }
}

function countParts(parts: ReadonlyMap<string, ModuleName>): WeightsInspection["parts"] {
  const counts = MODULES.map(
    (module) => [module, [...parts.values()].filter((part) => part === module).length] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

function inspectTensors(
  weights: WeightsFile,
  { tensors, repeated }: RecognizedWeights,
  parts: ReadonlyMap<string, ModuleName>,
): readonly InspectedTensor[] {
  const becomes = new Map<string, Pick<InspectedTensor, "becomes" | "part">>();
  for (const { name, sources } of [...tensors.values(), ...repeated]) {
    if (!parts.has(name)) continue;
    for (const [i, source] of sources.entries()) {
      becomes.set(source, { becomes: name, part: sources.length === 1 ? null : i + 1 });
    }
  }
  return weights.names.map((name) => {
    const { type, shape } = weights.info(name);
    return { name, type, shape, ...(becomes.get(name) ?? { becomes: null, part: null }) };
  });
}

/** The parameters of an encoder of these sizes that the file has not, or has with another shape. */
function missingParameters(
  { dim, depth, patch, mlpRatio, grid = 1 }: EncoderShape,
  { tensors }: RecognizedWeights,
): readonly string[] {
  const trace = new Trace();
  const side = grid * patch;
  const sizes = { imageSize: side, patch, dim, depth, heads: 1, mlpRatio, layerNormEps: 1e-6 };
  const image = input("image", "f32", [1, 3, side, side]);
  vitEncoder(new Scope(trace), { image }, { ...sizes, positionExponent: "k/(d/2)" });
  return [...trace.parameters.values()]
    .filter(({ name, shape }) => {
      const found = tensors.get(name)?.shape;
      return found === undefined || `${found}` !== `${shape}`;
    })
    .map(({ name }) => name);
}

/** Is a parameter of the norm behind the last block, which pre-training goes on with and downstream models do without? */
export const isFinalNorm = (name: string): boolean => name.startsWith("norm.");

function refusalOf(
  file: string,
  recognized: RecognizedWeights,
  missing: readonly string[],
): string | null {
  try {
    requireEncoder(recognized, `Cannot start from "${file}"`);
  } catch (error) {
    if (error instanceof WeightsError) return error.message;
    throw error;
  }
  if (missing.every(isFinalNorm)) return null;
  return `Cannot start from "${file}": its encoder lacks ${missing.length} parameters, ${missing[0]} first`;
}
