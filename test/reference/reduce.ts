/** @file Reference kernels: many numbers to one, and normalisations, which divide by such a number. */
import type { Kernel, Kernels } from "./kernel.ts";
import {
  axisOf,
  build,
  type Coordinates,
  everyPlace,
  read,
  readBroadcast,
  sum,
  type Values,
} from "./values.ts";

type Summary = (values: readonly number[]) => number;

const total: Summary = (values) => sum(values.length, (i) => values[i] ?? 0);
const mean: Summary = (values) => total(values) / values.length;
const largest: Summary = (values) => Math.max(...values);
const logSumExp: Summary = (values) => {
  const most = largest(values);
  return most + Math.log(total(values.map((value) => Math.exp(value - most))));
};

/** One summary for every place outside `axes`; the reduced axes stay with length 1. */
function summarize(x: Values, axes: readonly number[], summary: Summary): Values {
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const lengths = x.shape.map((length, axis) => (axes.includes(axis) ? length : 1));
  const steps = everyPlace(lengths);
  const moved = (at: Coordinates, step: Coordinates): Coordinates =>
    at.map((i, axis) => i + (step[axis] ?? 0));
  return build(kept, (at) => summary(steps.map((step) => read(x, moved(at, step)))));
}

const reduction =
  (summary: Summary): Kernel =>
  (inputs, attributes) => {
    const x = inputs.at(0);
    const axes = inputs.list(1).map((axis) => axisOf(axis, x));
    const { shape, data } = summarize(x, axes, summary);
    const keep = attributes.number("keepdims", 1) === 1;
    return [{ shape: keep ? shape : shape.filter((_, axis) => !axes.includes(axis)), data }];
  };

const softmax: Kernel = (inputs, attributes) => {
  const x = inputs.at(0);
  const logs = summarize(x, [axisOf(attributes.number("axis", -1), x)], logSumExp);
  return [build(x.shape, (at) => Math.exp(read(x, at) - readBroadcast(logs, at)))];
};

/** (x − mean) / √(variance + ε) · scale + bias over the axes from `axis` on; mean and 1/√(variance + ε) follow as outputs. */
const layerNormalization: Kernel = (inputs, attributes) => {
  const [x, scale, bias] = [inputs.at(0), inputs.at(1), inputs.at(2)];
  const first = axisOf(attributes.number("axis", -1), x);
  const epsilon = attributes.number("epsilon", 1e-5);
  const axes = x.shape.flatMap((_, axis) => (axis >= first ? [axis] : []));
  const center = summarize(x, axes, mean);
  const invStd = summarize(x, axes, (values) => {
    const middle = mean(values);
    return 1 / Math.sqrt(mean(values.map((value) => (value - middle) ** 2)) + epsilon);
  });
  const y = build(x.shape, (at) => {
    const normal = (read(x, at) - readBroadcast(center, at)) * readBroadcast(invStd, at);
    return normal * readBroadcast(scale, at) + readBroadcast(bias, at);
  });
  return [y, center, invStd];
};

/**
 * (x − mean) / √(variance + ε) · scale + bias over all axes but that of the channels; the running mean and variance follow, moved
 * towards those of the batch. In training mode alone: the engine computes evaluation with other operators.
 */
const batchNormalization: Kernel = (inputs, attributes) => {
  const [x, scale, bias] = [inputs.at(0), inputs.at(1), inputs.at(2)];
  const [runningMean, runningVariance] = [inputs.at(3), inputs.at(4)];
  if (attributes.number("training_mode", 0) !== 1) {
    throw new TypeError(
      'Cannot compute BatchNormalization: its attribute "training_mode" is not 1',
    );
  }
  const epsilon = attributes.number("epsilon", 1e-5);
  const momentum = attributes.number("momentum", 0.9);
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const center = summarize(x, axes, mean);
  const variance = summarize(x, axes, (values) => {
    const middle = mean(values);
    return mean(values.map((value) => (value - middle) ** 2));
  });
  const y = build(x.shape, (at) => {
    const deviation = Math.sqrt(readBroadcast(variance, at) + epsilon);
    const channel = at.slice(1, 2);
    const normal = (read(x, at) - readBroadcast(center, at)) / deviation;
    return normal * read(scale, channel) + read(bias, channel);
  });
  const moved = (running: Values, { data }: Values): Values => ({
    shape: running.shape,
    data: running.data.map(
      (value, i) => momentum * value + (1 - momentum) * (data[i] ?? Number.NaN),
    ),
  });
  return [y, moved(runningMean, center), moved(runningVariance, variance)];
};

/** Reductions and normalisations. */
export const reduce: Kernels = {
  ReduceSum: reduction(total),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(largest),
  ReduceLogSumExp: reduction(logSumExp),
  Softmax: softmax,
  LayerNormalization: layerNormalization,
  BatchNormalization: batchNormalization,
};
