/** @file Layers as functions over a scope: the public face of `nn`. */
export { type AttentionInputs, type AttentionOptions, attend } from "./attention.ts";
export {
  type BatchNormOptions,
  batchNorm,
  type ConvNormScopes,
  convBatchNorm,
} from "./batch-norm.ts";
export { type ConvShape, conv, conv3x3 } from "./conv.ts";
export { dropPath, dropPathRates } from "./drop-path.ts";
export { dropout } from "./dropout.ts";
export { embedding, embeddingTable } from "./embedding.ts";
export { type Initializer, initialValues } from "./initializers.ts";
export { layerNorm } from "./layer-norm.ts";
export { affine, linear } from "./linear.ts";
export {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  maskedSquareMean,
  weightedMean,
} from "./losses.ts";
export { type Interpolation, interpolationMatrix, resizeImage, upsample2 } from "./resize.ts";
export { type Parameter, type RandomMask, Scope, Trace } from "./scope.ts";
