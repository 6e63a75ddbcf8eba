/**
 * @file Learning rates over time, as plain data and pure functions: the paper's pre-training schedule, which runs in
 * epochs, and the warm-up schedules of its downstream experiments, which run in steps.
 */

/** Linear warm-up, then half a cosine, both over fractional epochs. */
export interface EpochSchedule {
  /** The rate at the end of the warm-up. */
  readonly rate: number;
  /** The rate at the end of the cosine. */
  readonly minRate: number;
  /** Epochs of warm-up from 0; may be fractional, and 0 for none. */
  readonly warmupEpochs: number;
  /** The epoch at which the cosine reaches its end; training may stop before or go on after it. */
  readonly cosineEndEpoch: number;
}

/** Linear warm-up, then a fall to 0, both over optimiser steps. */
export interface StepSchedule {
  readonly decay: "cosine" | "linear";
  /** Steps of warm-up from 0; 0 for none. */
  readonly warmupSteps: number;
  /** The step at which the fall reaches 0. */
  readonly totalSteps: number;
}

/**
 * The learning rate at a fractional epoch, `epoch + step / stepsPerEpoch`. At exactly `warmupEpochs` the cosine has begun;
 * past `cosineEndEpoch` it rises again, as a cosine does.
 * @throws {RangeError} when the warm-up is over and no epochs are left for the cosine
 */
export function rateAtEpoch(schedule: EpochSchedule, epoch: number): number {
  const { rate, minRate, warmupEpochs, cosineEndEpoch } = schedule;
  if (epoch < warmupEpochs) return (rate * epoch) / warmupEpochs;
  if (cosineEndEpoch <= warmupEpochs) {
    throw new RangeError(
      `Cannot compute the learning rate at epoch ${epoch}: the cosine must end after the warm-up, ` +
        `current values are ${cosineEndEpoch} and ${warmupEpochs} epochs`,
    );
  }
  const progress = (epoch - warmupEpochs) / (cosineEndEpoch - warmupEpochs);
  return minRate + (rate - minRate) * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/**
 * The factor of the base rate that optimiser step `step` uses, counted from 1 (step 0 would be the rate before training).
 * Past `totalSteps` the cosine rises again, as a cosine does; the linear fall stays at 0.
 */
export function factorAtStep(schedule: StepSchedule, step: number): number {
  const { decay, warmupSteps, totalSteps } = schedule;
  if (step < warmupSteps) return step / Math.max(1, warmupSteps);
  const length = Math.max(1, totalSteps - warmupSteps);
  switch (decay) {
    case "cosine":
      return Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (step - warmupSteps)) / length)));
    case "linear":
      return Math.max(0, (totalSteps - step) / length);
    default:
      return decay satisfies never;
  }
}
