/**
 * @file What gradients of convolutions cost in the form that the engine has for them, against ONNX's own operators: for the image,
 * ConvTranspose, which is the engine's form where there is a stride; for the weight, a convolution of the transposed image by
 * the transposed cotangent.
 *
 * Usage: node --import tsx bench/convolutions.ts [NAME..] [--rounds 7] [--threads 2]
 * The layers are those of the segmenter's decoder and the detector's neck, at batch 8. Prints JSON: medians and extremes of
 * interleaved rounds; `speedUp` is the ratio of the medians, above 1 where the engine's form is the faster one.
 */
import { parseArgs } from "node:util";
import { gradients } from "../src/engine/grad.ts";
import { conv2d } from "../src/engine/ops/conv.ts";
import { mul } from "../src/engine/ops/elementwise.ts";
import { slice, transpose } from "../src/engine/ops/layout.ts";
import { reduceSum } from "../src/engine/ops/reduce.ts";
import { openDevice } from "../src/engine/runtime/device.ts";
import { apply, type Op, type Tensor } from "../src/engine/tensor.ts";
import { type Shape, sizeOf } from "../src/util/nd-array.ts";
import { contest, type Entrant } from "./support/contest.ts";
import { environment } from "./support/report.ts";

interface Layer {
  readonly image: Shape;
  readonly channels: number;
  readonly size: number;
  readonly stride: number;
}

const LAYERS: Readonly<Record<string, Layer>> = {
  "decoder, 768 to 512 at 14": { image: [8, 768, 14, 14], channels: 512, size: 3, stride: 1 },
  "decoder, 256 to 128 at 56": { image: [8, 256, 56, 56], channels: 128, size: 3, stride: 1 },
  "bottleneck, 1024 to 128 at 14": { image: [8, 1024, 14, 14], channels: 128, size: 1, stride: 1 },
  "downsample, 768 to 2048 at 14": { image: [8, 768, 14, 14], channels: 2048, size: 1, stride: 2 },
  "3×3 of stride 2, 128 to 256 at 28": {
    image: [8, 128, 28, 28],
    channels: 256,
    size: 3,
    stride: 2,
  },
};

type Pair = readonly [Tensor, Tensor];

/** The lists that steer ONNX's two operators, and the shape of what they give. */
interface ForeignAttrs extends Readonly<Record<string, readonly number[]>> {
  readonly pads: readonly number[];
  readonly shape: readonly number[];
}

/** An operator that the engine does not have, or not with these attributes. */
const foreign = (
  type: string,
  lists: readonly string[],
): Op<Pair, ForeignAttrs, readonly [Tensor]> => ({
  type,
  attributes: Object.fromEntries(lists.map((name) => [name, "ints" as const])),
  infer: ([x], { shape }) => [{ dtype: x.dtype, shape }],
});

const ConvTranspose = foreign("ConvTranspose", ["pads", "strides", "output_padding"]);
const DilatedConv = foreign("Conv", ["pads", "dilations"]);

interface Sizes extends Layer {
  readonly padding: number;
  readonly output: Shape;
  readonly weight: Shape;
}

function sizesOf(layer: Layer): Sizes {
  const { image, channels, size, stride } = layer;
  const [batch = 0, inputs = 0, height = 0, width = 0] = image;
  const padding = (size - 1) / 2;
  const place = (length: number): number => Math.floor((length - 1) / stride) + 1;
  const output = [batch, channels, place(height), place(width)];
  return { ...layer, padding, output, weight: [channels, inputs, size, size] };
}

const around = (padding: number): readonly number[] => [padding, padding, padding, padding];

function transposedConvolution(g: Tensor, weight: Tensor, sizes: Sizes): Tensor {
  const { image, output, size, stride, padding } = sizes;
  const missing = [2, 3].map((axis) => {
    const reached = ((output[axis] ?? 0) - 1) * stride + size - 2 * padding;
    return (image[axis] ?? 0) - reached;
  });
  return apply(ConvTranspose, [g, weight], {
    ...{ pads: around(padding), strides: [stride, stride], output_padding: missing },
    shape: image,
  });
}

/** Every stride-th pixel of the image meets a pixel of the cotangent: the cotangent is a dilated kernel. */
function convolvedOperands(
  g: Tensor,
  x: Tensor,
  { weight, stride, padding, image, output }: Sizes,
): Tensor {
  const exchange = (t: Tensor): Tensor => transpose(t, [1, 0, 2, 3]);
  const [channels = 0, inputs = 0, size = 0] = weight;
  const whole = [2, 3].map((axis) => {
    const kernel = ((output[axis] ?? 0) - 1) * stride + 1;
    return (image[axis] ?? 0) + 2 * padding - kernel + 1; // more than the kernel has, where the stride leaves pixels over
  });
  const spread = apply(DilatedConv, [exchange(x), exchange(g)], {
    ...{ pads: around(padding), dilations: [stride, stride] },
    shape: [inputs, channels, ...whole],
  });
  return slice(
    exchange(spread),
    [channels, inputs, size, size].map((length) => [0, length]),
  );
}

type Inputs = ReadonlyMap<string, Tensor>;

const need = (inputs: Inputs, name: string): Tensor => {
  const tensor = inputs.get(name);
  if (tensor === undefined) throw new RangeError(`Cannot build a contest: no input "${name}"`);
  return tensor;
};

/** The engine's gradient of a layer, given the cotangent of its output. */
const ownGradient =
  ({ stride, padding }: Sizes, of: "x" | "weight") =>
  (inputs: Inputs): Tensor => {
    const y = conv2d(need(inputs, "x"), need(inputs, "weight"), undefined, { padding, stride });
    const wanted = need(inputs, of);
    return gradients(reduceSum(mul(y, need(inputs, "g"))), [wanted])[0] ?? wanted;
  };

/** Both ways to each gradient; the engine's own comes first. */
function entrantsOf(layer: Layer): Readonly<Record<string, Readonly<Record<string, Entrant>>>> {
  const sizes = sizesOf(layer);
  const [x, g, weight] = [{ shape: layer.image }, { shape: sizes.output }, { shape: sizes.weight }];
  return {
    "gradient of the image": {
      own: { feeds: { x, g, weight }, compute: ownGradient(sizes, "x") },
      ConvTranspose: {
        feeds: { g, weight },
        compute: (inputs) =>
          transposedConvolution(need(inputs, "g"), need(inputs, "weight"), sizes),
      },
    },
    "gradient of the weight": {
      own: { feeds: { x, g, weight }, compute: ownGradient(sizes, "weight") },
      Conv: {
        feeds: { x, g },
        compute: (inputs) => convolvedOperands(need(inputs, "g"), need(inputs, "x"), sizes),
      },
    },
  };
}

/** Floating-point operations of the forward pass, which either gradient takes once more. */
const flopOf = ({ output, weight }: Sizes): number => 2 * sizeOf(output) * sizeOf(weight.slice(1));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "7" }, threads: { type: "string", default: "2" } },
});
const device = openDevice({ threads: Number(values.threads) });
const chosen = positionals.length === 0 ? Object.keys(LAYERS) : positionals;
const results: Record<string, unknown> = {};
for (const name of chosen) {
  const layer = LAYERS[name];
  if (layer === undefined) {
    throw new RangeError(
      `Cannot time the layer "${name}": there are ${Object.keys(LAYERS).join("; ")}`,
    );
  }
  const gflop = flopOf(sizesOf(layer)) / 1e9;
  const timed: Record<string, unknown> = {};
  for (const [what, entrants] of Object.entries(entrantsOf(layer))) {
    const found = await contest(entrants, { device, rounds: Number(values.rounds) });
    const [own, other] = Object.values(found);
    timed[what] = {
      ...Object.fromEntries(Object.entries(found).map(([entrant, { ms }]) => [entrant, ms])),
      speedUp: other?.ratio,
      gflopPerSecond: Math.round((1000 * gflop) / (own?.ms.median ?? Number.NaN)),
    };
  }
  results[name] = { gflop: Number(gflop.toPrecision(3)), ...timed };
}
console.log(JSON.stringify({ ...environment(), ...device, results }, null, 2));
