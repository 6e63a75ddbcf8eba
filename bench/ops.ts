/**
 * @file What operators cost in ONNX Runtime, and which of several ways to compute a thing is the fastest: the measurements
 * behind the engine's choices.
 *
 * Usage: node --import tsx bench/ops.ts [NAME..] [--rounds 7] [--threads 2]
 * Without names it runs every contest, some minutes in all. Prints JSON: medians and extremes of interleaved rounds.
 */
import { parseArgs } from "node:util";
import { gradients } from "../src/engine/grad.ts";
import {
  add,
  cast,
  div,
  exp,
  gelu,
  log,
  mul,
  neg,
  sqrt,
  sub,
  where,
} from "../src/engine/ops/elementwise.ts";
import { scatterAddInRows, scatterAddRows } from "../src/engine/ops/gather.ts";
import { transpose, transposeLast, zerosOf } from "../src/engine/ops/layout.ts";
import { gemm, matmul } from "../src/engine/ops/matmul.ts";
import { batchNormalization, layerNormalization, perChannel } from "../src/engine/ops/normalize.ts";
import {
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  reduceSum,
  softmax,
} from "../src/engine/ops/reduce.ts";
import { openDevice } from "../src/engine/runtime/device.ts";
import { type Attrs, apply, type Op, scalar, type Tensor } from "../src/engine/tensor.ts";
import { upsample2 } from "../src/nn/resize.ts";
import { ndArray, type Shape } from "../src/util/nd-array.ts";
import { contest, type Entrant, type Feed } from "./support/contest.ts";
import { environment } from "./support/report.ts";

type Inputs = ReadonlyMap<string, Tensor>;

const need = (inputs: Inputs, name: string): Tensor => {
  const tensor = inputs.get(name);
  if (tensor === undefined) throw new RangeError(`Cannot build a contest: no input "${name}"`);
  return tensor;
};

/** An operator of ONNX Runtime that the engine does not define, with outputs like its first input. */
function foreign(
  type: string,
  inputs: readonly Tensor[],
  domain?: string,
  attrs: Attrs = {},
): Tensor {
  const attributes = Object.fromEntries(Object.keys(attrs).map((name) => [name, "int" as const]));
  const op: Op<readonly Tensor[], Attrs, readonly [Tensor]> = {
    type,
    attributes,
    ...(domain !== undefined && { domain }),
    infer: ([x]) => [{ dtype: x?.dtype ?? "f32", shape: x?.shape ?? [] }],
  };
  return apply(op, inputs, attrs);
}

/** Twice the height and width by ONNX's own operator. */
function resized(x: Tensor, attrs: Readonly<Record<string, string>>): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  const shape = [batch, channels, 2 * height, 2 * width];
  const op: Op<readonly [Tensor], Attrs, readonly [Tensor]> = {
    type: "Resize",
    attributes: Object.fromEntries(Object.keys(attrs).map((name) => [name, "string" as const])),
    // Neither a region nor scales: the sizes say it all.
    operands: () => [ndArray("f32", [0], []), ndArray("f32", [0], []), ndArray("i64", [4], shape)],
    infer: () => [{ dtype: x.dtype, shape }],
  };
  return apply(op, [x], attrs);
}

/** Batch normalisation out of the operators that it is defined by. */
function normalizedByParts(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const over = { axes: [0, 2, 3], keepDims: true };
  const centred = sub(x, reduceMean(x, over));
  const variance = reduceMean(mul(centred, centred), over);
  const scale = div(perChannel(weight), sqrt(add(variance, scalar(1e-5))));
  return add(mul(centred, scale), perChannel(bias));
}

const floats = (...shape: Shape): Feed => ({ shape });
const MICROSOFT = "com.microsoft";
const last = { axes: [-1], keepDims: true };

function logSumExpByParts(x: Tensor): Tensor {
  const most = reduceMax(x, last);
  return add(log(reduceSum(exp(sub(x, most)), last)), most);
}

const one =
  (f: (x: Tensor) => Tensor) =>
  (inputs: Inputs): Tensor =>
    f(need(inputs, "x"));
const two =
  (f: (x: Tensor, y: Tensor) => Tensor, second: string) =>
  (inputs: Inputs): Tensor =>
    f(need(inputs, "x"), need(inputs, second));

/** The gradient of an element-wise function, given the cotangent as input "g". */
const gradientOf = (f: (x: Tensor) => Tensor): Entrant["compute"] =>
  two((x, g) => gradients(reduceSum(mul(f(x), g)), [x])[0] ?? x, "g");

const logits = { x: { shape: [2048, 30_000], element: (i: number) => ((i * 7919) % 1009) / 50 } };
const hidden = { x: floats(400, 3072) };
const hiddenAndBias = { x: floats(400, 3072), bias: floats(3072) };
const rows: Feed = { dtype: "i64", shape: [2048, 1], element: (i) => (i * 7919) % 30_000 };
const embedding = { table: floats(30_000, 768), rows, updates: floats(2048, 768) };
const mask = (dtype: "bool" | "f32"): Feed => ({
  dtype,
  shape: [12_582_912],
  element: (i) => Number(i % 10 !== 0),
});
const activations = floats(12_582_912);
const layer = { x: floats(400, 768), weight: floats(3072, 768), bias: floats(3072) };
const layerOf =
  (f: (x: Tensor, weight: Tensor, bias: Tensor) => Tensor) =>
  (inputs: Inputs): Tensor =>
    f(need(inputs, "x"), need(inputs, "weight"), need(inputs, "bias"));
const scattered = (inputs: Inputs, base: Tensor): Tensor =>
  scatterAddRows(base, need(inputs, "rows"), need(inputs, "updates"));
const tied = { x: floats(256, 768), g: floats(256, 30_000) };
const KEPT = scalar(1 / 0.9);

const maps = { x: floats(8, 128, 56, 56) };
const channels = { ...maps, weight: floats(128), bias: floats(128) };
const normalizedByBatch = (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
  batchNormalization(x, weight, bias, { epsilon: 1e-5 }).y;
/** The gradient of a normalisation by its image, given the cotangent. */
const imageGradient =
  (f: (x: Tensor, weight: Tensor, bias: Tensor) => Tensor) =>
  (inputs: Inputs): Tensor => {
    const x = need(inputs, "x");
    const y = f(x, need(inputs, "weight"), need(inputs, "bias"));
    return gradients(reduceSum(mul(y, need(inputs, "g"))), [x])[0] ?? x;
  };

const CONTESTS: Readonly<Record<string, Readonly<Record<string, Entrant>>>> = {
  "log-sum-exp": {
    ReduceLogSumExp: { feeds: logits, compute: one((x) => reduceLogSumExp(x, last)) },
    "max, sub, exp, sum, log": { feeds: logits, compute: one(logSumExpByParts) },
    LogSoftmax: {
      feeds: logits,
      compute: one((x) => foreign("LogSoftmax", [x], undefined, { axis: -1 })),
    },
    "gradient: e^(x − y)": {
      feeds: { ...logits, total: floats(2048, 1) },
      compute: two((x, total) => exp(sub(x, total)), "total"),
    },
    "gradient: Softmax": { feeds: logits, compute: one(softmax) },
  },
  "embedding-gradient": {
    "scatter into zeros": {
      feeds: embedding,
      compute: (inputs) => scattered(inputs, zerosOf([30_000, 768])),
    },
    "scatter into a copy": {
      feeds: embedding,
      compute: (inputs) => scattered(inputs, need(inputs, "table")),
    },
    "ScatterND into zeros, whose sums are wrong": {
      feeds: embedding,
      compute: (inputs) =>
        foreign("ScatterND", [
          zerosOf([30_000, 768]),
          need(inputs, "rows"),
          need(inputs, "updates"),
        ]),
    },
    "a copy of the table alone": {
      feeds: embedding,
      compute: (inputs) => neg(need(inputs, "table")),
    },
  },
  gelu: {
    copy: { feeds: hidden, compute: one((x) => mul(x, scalar(2))) },
    Gelu: { feeds: hidden, compute: one(gelu) },
    "its gradient": { feeds: { ...hidden, g: floats(400, 3072) }, compute: gradientOf(gelu) },
    "Add, Gelu": { feeds: hiddenAndBias, compute: two((x, bias) => gelu(add(x, bias)), "bias") },
    BiasGelu: {
      feeds: hiddenAndBias,
      compute: two((x, bias) => foreign("BiasGelu", [x, bias], MICROSOFT), "bias"),
    },
    "Gemm, Gelu": { feeds: layer, compute: layerOf((x, w, b) => gelu(gemm(x, w, b))) },
    "FusedMatMul, BiasGelu": {
      feeds: layer,
      compute: layerOf((x, w, b) =>
        foreign("BiasGelu", [matmul(x, transposeLast(w)), b], MICROSOFT),
      ),
    },
  },
  dropout: {
    "Mul by f32, scaled": {
      feeds: { x: activations, mask: mask("f32") },
      compute: two(mul, "mask"),
    },
    "Mul by f32, Mul": {
      feeds: { x: activations, mask: mask("f32") },
      compute: two((x, kept) => mul(mul(x, kept), KEPT), "mask"),
    },
    "Where of bool": {
      feeds: { x: activations, mask: mask("bool") },
      compute: two((x, kept) => where(kept, x, scalar(0)), "mask"),
    },
    "Where of bool, Mul": {
      feeds: { x: activations, mask: mask("bool") },
      compute: two((x, kept) => where(kept, mul(x, KEPT), scalar(0)), "mask"),
    },
    "Cast of bool, Mul": {
      feeds: { x: activations, mask: mask("bool") },
      compute: two((x, kept) => mul(x, mul(cast(kept, "f32"), KEPT)), "mask"),
    },
  },
  linear: {
    Gemm: { feeds: layer, compute: layerOf(gemm) },
    "FusedMatMul, Add": {
      feeds: layer,
      compute: layerOf((x, w, b) => add(matmul(x, transposeLast(w)), b)),
    },
    "FusedMatMul alone": { feeds: layer, compute: layerOf((x, w) => matmul(x, transposeLast(w))) },
    "MatMul of [in, out], Add": {
      feeds: { ...layer, weight: floats(768, 3072) },
      compute: layerOf((x, w, b) => add(matmul(x, w), b)),
    },
  },
  "tied-weight-gradient": {
    "(xᵀ·g)ᵀ": {
      feeds: tied,
      compute: two((x, g) => transpose(matmul(transposeLast(x), g), [1, 0]), "g"),
    },
    gᵀ·x: { feeds: tied, compute: two((x, g) => matmul(transposeLast(g), x), "g") },
  },
  normalization: {
    LayerNormalization: {
      feeds: { x: floats(2048, 768), weight: floats(768), bias: floats(768) },
      compute: layerOf((x, w, b) => layerNormalization(x, w, b, { epsilon: 1e-6 })),
    },
    "its gradient": {
      feeds: { x: floats(2048, 768), weight: floats(768), bias: floats(768) },
      compute: layerOf(
        (x, w, b) =>
          gradients(reduceSum(exp(layerNormalization(x, w, b, { epsilon: 1e-6 }))), [x])[0] ?? x,
      ),
    },
  },
  "batch-normalization": {
    BatchNormalization: { feeds: channels, compute: layerOf(normalizedByBatch) },
    "by parts": { feeds: channels, compute: layerOf(normalizedByParts) },
    "its gradient": {
      feeds: { ...channels, g: maps.x },
      compute: imageGradient(normalizedByBatch),
    },
    "gradient by parts": {
      feeds: { ...channels, g: maps.x },
      compute: imageGradient(normalizedByParts),
    },
  },
  upsample: {
    "two matrices, bilinear": {
      feeds: maps,
      compute: one((x) => upsample2(x, { interpolation: "bilinear-aligned" })),
    },
    "Resize, bilinear": {
      feeds: maps,
      compute: one((x) =>
        resized(x, { mode: "linear", coordinate_transformation_mode: "align_corners" }),
      ),
    },
    "two matrices, nearest": {
      feeds: maps,
      compute: one((x) => upsample2(x, { interpolation: "nearest" })),
    },
    "Resize, nearest": {
      feeds: maps,
      compute: one((x) =>
        resized(x, {
          mode: "nearest",
          coordinate_transformation_mode: "asymmetric",
          nearest_mode: "floor",
        }),
      ),
    },
  },
  "scatter-in-rows": {
    ScatterElements: {
      feeds: {
        ...logits,
        at: { dtype: "i64", shape: [2048, 1], element: (i) => (i * 7919) % 30_000 },
        updates: floats(2048, 1),
      },
      compute: (inputs) =>
        scatterAddInRows(need(inputs, "x"), need(inputs, "at"), need(inputs, "updates")),
    },
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "7" }, threads: { type: "string", default: "2" } },
});
const device = openDevice({ threads: Number(values.threads) });
const chosen = positionals.length === 0 ? Object.keys(CONTESTS) : positionals;
const results: Record<string, unknown> = {};
for (const name of chosen) {
  const entrants = CONTESTS[name];
  if (entrants === undefined) {
    throw new RangeError(
      `Cannot run the contest "${name}": there are ${Object.keys(CONTESTS).join(", ")}`,
    );
  }
  results[name] = await contest(entrants, { device, rounds: Number(values.rounds) });
}
console.log(JSON.stringify({ ...environment(), ...device, results }, null, 2));
