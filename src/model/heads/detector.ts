/**
 * @file The detector (SPEC 4.3): the patch tokens of the image encoder, taken to three scales, through the neck of YOLOv3. Parameters have
 * the published names, a misspelt one among them.
 */
import { add, relu } from "../../engine/ops/elementwise.ts";
import { reshape, transpose } from "../../engine/ops/layout.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { convBatchNorm } from "../../nn/batch-norm.ts";
import { conv } from "../../nn/conv.ts";
import { linear } from "../../nn/linear.ts";
import { upsample2 } from "../../nn/resize.ts";
import type { Scope } from "../../nn/scope.ts";
import { ConfigError } from "../../util/errors.ts";
import { type EncoderConfig, gridOf } from "../config.ts";
import { cutClassToken, type TokenOptions, vitTokens } from "../vit.ts";
import type { Anchor } from "./detection-anchors.ts";
import { BOX_COLUMNS } from "./detection-targets.ts";
import { yoloNeck } from "./yolo-neck.ts";

/** Channels of the features of each scale, the coarsest first. */
export type DetectorChannels = readonly [coarse: number, middle: number, fine: number];

/** The published ones. */
const CHANNELS: DetectorChannels = [2048, 1024, 512];

/** What a detector is built from. */
export interface DetectorConfig extends EncoderConfig, Pick<TokenOptions, "positionExponent"> {
  readonly classes: number;
  /** How much narrower the inside of a bottleneck is; 4 or 8 as published. */
  readonly expansion: number;
  /** Of each scale, the coarsest first, in pixels of the image. */
  readonly anchors: readonly (readonly Anchor[])[];
  /** Channels of each scale, multiples of 4 and of the expansion; 2048, 1024 and 512 when absent. */
  readonly channels?: DetectorChannels;
}

/** How a detector runs. */
export interface DetectorOptions {
  /** Are batches normalised by themselves, and running statistics moved? */
  readonly training: boolean;
}

/** Cells along a side of each scale, the coarsest first: half the patches, as many, and twice as many. */
export function detectorGrids(
  config: Pick<EncoderConfig, "imageSize" | "patch">,
): readonly number[] {
  const grid = gridOf(config);
  if (grid % 2 !== 0) {
    throw new ConfigError(
      `Cannot detect in images of ${config.imageSize} pixels with patches of ${config.patch}: there are ${grid} along a side, an even number is expected, so that scales fit on each other`,
    );
  }
  return [grid / 2, grid, 2 * grid];
}

/** Normalised images [B, 3, H, W] → raw maps of each scale, the coarsest first: [B, anchors · (5 + classes), g, g]. */
export function detector(
  s: Scope,
  image: Tensor,
  config: DetectorConfig & DetectorOptions,
): readonly Tensor[] {
  return detectorHead(s, detectorFeatures(s, image, config), config);
}

/** The patch tokens of the encoder's last block [B, N, D]: what is the same at every step of a frozen encoder. */
export function detectorFeatures(
  s: Scope,
  image: Tensor,
  config: EncoderConfig & Pick<TokenOptions, "positionExponent">,
): Tensor {
  const options = { ...config, trainsPositions: true };
  const encoder = encoderScope(s);
  return encoder.tap("features", cutClassToken(vitTokens(encoder, { image }, options)).patches);
}

/** Patch tokens [B, N, D] → raw maps of each scale. */
export function detectorHead(
  s: Scope,
  features: Tensor,
  config: DetectorConfig & DetectorOptions,
): readonly Tensor[] {
  const { anchors, classes, training } = config;
  const [batch = 0, , width = 0] = features.shape;
  const [, grid = 0] = detectorGrids(config);
  const tokens = linear(encoderScope(s).at("det_head"), features, width);
  const image = reshape(transpose(tokens, [0, 2, 1]), [batch, width, grid, grid]); // [B, D, g, g]
  const outputs = anchors.map(({ length }) => length * (BOX_COLUMNS + classes));
  return yoloNeck(s, pyramid(s.at("backbone"), image, config), { outputs, training });
}

const encoderScope = (s: Scope): Scope => s.at("backbone").at("encoder");

/** What comes before the names of the encoder's parameters. */
export const DETECTOR_ENCODER = "backbone.encoder.";

/**
 * Is a parameter one of the encoder's own? They come from pre-training, and do not move when the encoder is frozen; all others
 * are the head's, the map of the tokens too, though it stands in the encoder's scope.
 */
export const isDetectorEncoder = (name: string): boolean =>
  name.startsWith(DETECTOR_ENCODER) && !name.startsWith(`${DETECTOR_ENCODER}det_head.`);

/** The image's features at three scales, the coarsest first. */
function pyramid(
  backbone: Scope,
  image: Tensor,
  config: DetectorConfig & DetectorOptions,
): readonly Tensor[] {
  const s = backbone.at("layers");
  const [coarse, middle, fine] = requireChannels(config);
  const to = (name: string, channels: number): Tensor =>
    conv(s.at(name), image, { channels, size: 1 });
  const halved = conv(s.at("downsample"), image, {
    ...{ channels: coarse, size: 1, stride: 2, bias: false },
  });
  const doubled = upsample2(to("transpose1", fine), { interpolation: "bilinear-aligned" });
  return [
    backbone.tap("coarse", bottleneck(s.at("layer3"), halved, config)),
    backbone.tap("middle", bottleneck(s.at("layer1"), to("traspose", middle), config)),
    backbone.tap("fine", bottleneck(s.at("layer2"), doubled, config)),
  ];
}

/** 1×1 to fewer channels, 3×3, 1×1 back, each normalised; x is added before the last ReLU (He et al. 2016). */
function bottleneck(
  s: Scope,
  x: Tensor,
  { expansion, training }: Pick<DetectorConfig, "expansion"> & DetectorOptions,
): Tensor {
  const whole = x.shape[1] ?? 0;
  const layer = (i: number, input: Tensor, channels: number, size: number): Tensor =>
    convBatchNorm({ conv: s.at(`conv${i}`), norm: s.at(`bn${i}`) }, input, {
      ...{ channels, size, training, bias: false },
    });
  const inner = relu(layer(2, relu(layer(1, x, whole / expansion, 1)), whole / expansion, 3));
  return relu(add(layer(3, inner, whole, 1), x));
}

function requireChannels({ channels = CHANNELS, expansion }: DetectorConfig): DetectorChannels {
  if (channels.some((each) => each % 4 !== 0 || each % expansion !== 0)) {
    throw new ConfigError(
      `Cannot build a detector of ${channels.join(", ")} channels with expansion ${expansion}: each must be a multiple of 4 and of the expansion`,
    );
  }
  return channels;
}
