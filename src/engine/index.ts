/** @file The engine's public face: build a graph of tensors, differentiate it, compile it, run it. */
export { gradients } from "./grad.ts";
export { buildGraph, type Graph } from "./graph.ts";
export { emitOnnx } from "./onnx/emit-onnx.ts";
export { conv2d } from "./ops/conv.ts";
export {
  add,
  cast,
  div,
  equal,
  erf,
  exp,
  gelu,
  greater,
  leakyRelu,
  log,
  logSigmoid,
  mul,
  neg,
  relu,
  sigmoid,
  softplus,
  sqrt,
  stopGradient,
  sub,
  where,
} from "./ops/elementwise.ts";
export { gatherRows, pickInRows, scatterAddInRows, scatterAddRows } from "./ops/gather.ts";
export {
  concat,
  expand,
  pad,
  reshape,
  reverse,
  slice,
  split,
  transpose,
  transposeLast,
  zerosOf,
} from "./ops/layout.ts";
export { gemm, matmul } from "./ops/matmul.ts";
export { type BatchNormalized, batchNormalization, layerNormalization } from "./ops/normalize.ts";
export { reduceLogSumExp, reduceMax, reduceMean, reduceSum, softmax } from "./ops/reduce.ts";
export { optimizeForRuntime, simplify } from "./passes/optimize.ts";
export { printGraph } from "./print.ts";
export { type Device, openDevice, type RuntimeInfo, runtimeInfo } from "./runtime/device.ts";
export { type CompileOptions, type NamedArrays, Program } from "./runtime/program.ts";
export { constant, input, scalar, type Tensor, type TensorType } from "./tensor.ts";
