/** @file A dense task as a downstream task of the one fine-tuning. */
import { totalRepairs } from "../../data/repairs.ts";
import { Disposables } from "../../util/disposables.ts";
import type { NdArray } from "../../util/nd-array.ts";
import type {
  Feeding,
  FeedingWatch,
  OpenTask,
  PreparedModel,
  TaskOpening,
} from "../finetune/downstream-task.ts";
import { microBatches } from "../micro-batches.ts";
import { DenseForward } from "./dense-forward.ts";
import { type DenseInputs, openDenseInputs } from "./dense-inputs.ts";
import { IMAGE, prepareDense } from "./dense-model.ts";
import type { DenseConfig, DenseFields, DenseTask } from "./dense-task.ts";
import { denseValidation } from "./dense-validation.ts";

/** There is one shape of batch. */
const VARIANT = "batch";

/**
 * Opens a dense task.
 * @throws {ConfigError | ManifestError | WeightsError} when something is missing, damaged or does not fit
 */
export async function openDenseTask<Config extends DenseConfig, F extends DenseFields>(
  task: DenseTask<Config, F>,
  config: Config,
  { encoder, goesOnFrom, device, clock, ...events }: TaskOpening,
): Promise<OpenTask> {
  await using stack = new Disposables();
  const inputs = stack.use(await openDenseInputs(task, config, { encoder, goesOnFrom, ...events }));
  const prepared = stack.use(prepareDense(inputs, { ...device, clock }));
  const { source, normalization, head, hashes, privacy, train, val } = inputs;
  const { imageSize } = source.architecture;
  const forward = stack.use(
    new DenseForward<F>({ head, imageSize, normalization, device, withLosses: true }),
  );
  const owned = stack.keep(); // nothing may throw from here on
  return {
    ...{ config: inputs.config, hashes, privacy, source, train, val, prepared },
    ...{ encoderPrefix: head.encoderPrefix, norm: "fresh" },
    metadata: {
      // What an encoder needs to be taken out of the file, as pre-training writes it.
      config: JSON.stringify({ ...source.architecture, ...normalization }),
      ...head.metadata,
    },
    partOf: (parameter) => (head.isEncoder(parameter) ? "image encoder" : "head"),
    feed: async (watch) => feedDense({ task, inputs, prepared, forward }, watch),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

function feedDense<Config extends DenseConfig, F extends DenseFields>(
  {
    task,
    inputs,
    prepared: { store },
    forward,
  }: {
    readonly task: DenseTask<Config, F>;
    readonly inputs: DenseInputs<Config, F>;
    readonly prepared: PreparedModel;
    readonly forward: DenseForward<F>;
  },
  { onSkipped, onEvent }: FeedingWatch,
): Feeding {
  const { course, views, val, head, config, train } = inputs;
  return {
    course,
    mended: () =>
      totalRepairs([views, val?.whole].map((loader) => loader?.statistics().mended ?? {})),
    validation: denseValidation({
      ...{ task, inputs, forward, onSkipped, parameters: store.values },
      note: (text) => onEvent({ kind: "note", text }),
    }),
    batchesAfter: (doneSteps) =>
      microBatches<F>({
        ...{ loader: views, course, seed: config.train.seed, doneSteps, onSkipped },
        feedsOf: (batch) => ({
          feeds: new Map<string, NdArray>([[IMAGE, batch.arrays.image], ...head.targetsOf(batch)]),
          variant: VARIANT,
        }),
        masksOf: () => [],
        identify: async (positions) =>
          Array.from(positions, (at) => train.records.ids[at] ?? `${at}`),
      }),
  };
}
