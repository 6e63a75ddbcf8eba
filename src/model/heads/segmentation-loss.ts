/** @file What a segmenter minimises (SPEC 4.2): ten times a focal loss, less the logarithm of a soft Dice, for every class by itself. */
import {
  add,
  cast,
  div,
  exp,
  greater,
  log,
  logSigmoid,
  mul,
  neg,
  softplus,
  sub,
} from "../../engine/ops/elementwise.ts";
import { expand } from "../../engine/ops/layout.ts";
import { reduceMean, reduceSum } from "../../engine/ops/reduce.ts";
import { scalar, type Tensor } from "../../engine/tensor.ts";
import { binaryCrossEntropyWithLogits, weightedMean } from "../../nn/losses.ts";

/** The masks of a batch. */
export interface SegmentationTargets {
  /** f32 [B, C, S, S] in [0, 1]; the edges of a mask may be fractional, and are taken as they are. */
  readonly targets: Tensor;
  /** f32 [B, C]: 1 where the mask is known, else 0; unknown ones count in no sum and no mean. All are known when absent. */
  readonly known?: Tensor;
}

/** The loss and what it is made of. */
export interface MixedLoss {
  /** The mean over the classes of which a mask is known; 0 where none is. It is the sum of the two parts. */
  readonly loss: Tensor;
  /** 10 · focal, the mean over those classes. */
  readonly focalPart: Tensor;
  /** −ln dice, the mean over those classes. */
  readonly dicePart: Tensor;
  /** f32 [C], as they are before factor and logarithm; a class without a known mask has 0 and 1. */
  readonly perClass: { readonly focal: Tensor; readonly dice: Tensor };
}

const FOCAL_WEIGHT = 10;
/** The focal loss's γ: how fast pixels that are right already lose their weight. */
const GAMMA = 2;
/** Added to both sides of Dice's fraction, so that empty masks have one. */
const SMOOTHING = 1;
const PIXELS = { axes: [2, 3] } as const;
const BATCH = { axes: [0] } as const;

/**
 * The mixed loss of logits [B, C, S, S]. A class's focal is its mean over pixels, its Dice one fraction over the whole batch:
 * neither is the mean of its pictures' own.
 */
export function mixedLoss(logits: Tensor, { targets, known }: SegmentationTargets): MixedLoss {
  const [batch = 0, classes = 0] = logits.shape;
  const isKnown = expand(known ?? scalar(1), [batch, classes]);
  const masks = reduceSum(isKnown, BATCH); // [C]
  const focal = focalLoss(logits, targets, { isKnown, masks });
  const dice = softDice(logits, targets, isKnown);
  const counted = cast(greater(masks, scalar(0)), "f32");
  const focalPart = mul(scalar(FOCAL_WEIGHT), weightedMean(focal, counted));
  const dicePart = neg(weightedMean(log(dice), counted));
  return { loss: add(focalPart, dicePart), focalPart, dicePart, perClass: { focal, dice } };
}

/** (1 − σ(z(2t − 1)))^γ · cross-entropy(z, t), the mean over the pixels of known masks: [C]. */
function focalLoss(
  z: Tensor,
  t: Tensor,
  { isKnown, masks }: { readonly isKnown: Tensor; readonly masks: Tensor },
): Tensor {
  const side = sub(mul(t, scalar(2)), scalar(1));
  // 1 − σ(u) = e^(−ln(1 + eᵘ)): a difference of 1 and σ has no digits left where σ is nearly 1.
  const doubt = exp(mul(softplus(mul(z, side)), scalar(-GAMMA)));
  const perMask = reduceMean(mul(doubt, binaryCrossEntropyWithLogits(z, t)), PIXELS); // [B, C]
  const total = reduceSum(mul(perMask, isKnown), BATCH);
  const none = sub(scalar(1), cast(greater(masks, scalar(0)), "f32"));
  return div(total, add(masks, none));
}

/** (2 Σ p·t + 1) / (Σ p + Σ t + 1) over all pixels of known masks, p = σ(z): [C]. */
function softDice(z: Tensor, t: Tensor, isKnown: Tensor): Tensor {
  // The runtime's σ is good to some 1e-8, which is much in a sum over a million pixels of nothing; this one is good to its last digits.
  const p = exp(logSigmoid(z));
  const overMasks = (x: Tensor): Tensor => reduceSum(mul(reduceSum(x, PIXELS), isKnown), BATCH);
  const both = overMasks(mul(p, t));
  const either = overMasks(add(p, t));
  return div(add(mul(both, scalar(2)), scalar(SMOOTHING)), add(either, scalar(SMOOTHING)));
}
