/** @file Binary cross-entropy of probabilities, as detectors are trained by it: bounded, and flat where a logit is far out. */
import {
  add,
  exp,
  greater,
  mul,
  neg,
  sigmoid,
  softplus,
  stopGradient,
  sub,
  where,
} from "../engine/ops/elementwise.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";

/** The largest −ln p that counts. */
const LARGEST = 100;
/** Below this the derivative p(1 − p) of a probability is not divided out of the gradient any more. */
const SMALLEST_SLOPE = 1e-12;

/**
 * −t·max(ln p, −100) − (1 − t)·max(ln(1 − p), −100) of every logit z and target t in [0, 1], of one shape; p = σ(z).
 *
 * Its gradient by p is (p − t) / max(p(1 − p), 1e-12), as in PyTorch's `BCELoss` behind a sigmoid: by z it is p − t, and falls to 0 where
 * |z| passes 27.6. Logarithms and 1 − p are computed from z, so that a sure detector in f32 is what it is in f64. NaN stays NaN.
 */
export function clippedCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const present = mul(targets, atMost(softplus(neg(logits)), LARGEST));
  const absent = mul(sub(scalar(1), targets), atMost(softplus(logits), LARGEST));
  const value = stopGradient(add(present, absent));
  const slope = stopGradient(slopeOf(logits, targets));
  return add(value, mul(slope, sub(logits, stopGradient(logits)))); // z − z = 0, with the derivative 1
}

/** The derivative by the logit: (p − t)·min(1, s / 1e-12), s = p(1 − p), whose logarithm is exact where its factors are rounded to 0. */
function slopeOf(logits: Tensor, targets: Tensor): Tensor {
  const logarithm = neg(add(softplus(logits), softplus(neg(logits)))); // ln s
  const excess = sub(logarithm, scalar(Math.log(SMALLEST_SLOPE)));
  return mul(sub(sigmoid(logits), targets), exp(atMost(excess, 0)));
}

const atMost = (x: Tensor, largest: number): Tensor =>
  where(greater(x, scalar(largest)), scalar(largest), x);
