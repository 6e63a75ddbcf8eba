/** @file What checkpoints of the models' sizes take on the disk, known without training one. */
import type { EcampConfig } from "../model/config.ts";
import { declareEcampParameters } from "../model/declare-parameters.ts";
import { SIZES } from "../recipes/sizes.ts";
import { sizeOf } from "../util/nd-array.ts";
import { stateBytes } from "./plan/parameter-counts.ts";

/** Words of the vocabulary that sizes are told for: the paper's. */
export const ASSUMED_WORDS = 30_000;

/** What the number of parameters does not depend on. */
const ANY: Pick<
  EcampConfig,
  "vocab" | "mean" | "std" | "positionExponent" | "finalRelu" | "tiedDecoder"
> = {
  vocab: ASSUMED_WORDS,
  ...{ mean: 0, std: 1 },
  positionExponent: "k/(d/2)",
  finalRelu: false,
  tiedDecoder: true,
};

/** Bytes of one checkpoint (parameters, and the optimiser's moments of those that are trained) by the name of the size. */
export function checkpointSizes(): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(SIZES).map(([name, { tokens, ...sizes }]) => {
      const parameters = [
        ...declareEcampParameters({ ...sizes, ...ANY, positions: tokens }).values(),
      ];
      const count = (trainable: boolean): number =>
        parameters
          .filter((parameter) => parameter.trainable === trainable)
          .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      return [name, stateBytes({ trained: count(true), fixed: count(false) }).checkpoint];
    }),
  );
}
