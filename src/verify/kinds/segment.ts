/** @file Replays the `segment` fixtures: logits, both loss terms, gradients, running statistics and AdamW steps of the segmenter (SPEC 4.2). */
import { reshape, slice } from "../../engine/ops/layout.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { mixedLoss } from "../../model/heads/segmentation-loss.ts";
import { isSegmenterEncoder, segmenter } from "../../model/heads/segmenter.ts";
import { clippingFactor, gradientNorm } from "../../train/gradient-norm.ts";
import { adamw } from "../../train/optimizers/adamw.ts";
import { type Optimizer, OptimizerProgram } from "../../train/optimizers/optimizer.ts";
import { ParameterStore, writeView } from "../../train/parameter-store.ts";
import {
  type Losses,
  StepProgram,
  type TracedObjective,
  traceObjective,
} from "../../train/step-program.ts";
import type { Fixture } from "../fixture.ts";
import { compareGradients } from "../gradient-figures.ts";
import type { Finding, Replay } from "../replay.ts";
import { compareStep, compareTrained, snapshot } from "./classify-comparisons.ts";
import { rateAt } from "./classify-record.ts";
import {
  compareEvaluation,
  compareLogits,
  compareParameters,
  compareUnmoved,
  type Replaying,
} from "./segment-comparisons.ts";
import {
  imageOf,
  type Recorded,
  readRecorded,
  recordedFeeds,
  recordedStart,
  targetsOf,
} from "./segment-record.ts";

/** Computes the first pass, then as many steps as are recorded, and compares everything. */
export const replaySegment: Replay = async (fixture, options) => {
  const recorded = readRecorded(fixture);
  const traced = traceSegmenter(recorded);
  const store = await recordedStore(fixture, recorded, traced);
  const start = snapshot(store);
  const feeds = await recordedFeeds(fixture, recorded);
  const replaying: Replaying = { fixture, recorded, traced, store, feeds, options };
  return [
    ...compareTrained(recorded, traced),
    ...(await compareLogits(replaying)),
    ...(await compareSteps(replaying)),
    compareUnmoved(start, replaying),
  ];
};

/** The loss, and what it is made of for every decoder. */
function traceSegmenter(recorded: Recorded): TracedObjective {
  const { model, config } = recorded;
  return traceObjective(
    (scope) => {
      const logits = segmenter(scope, imageOf(recorded), { ...model, training: true });
      const { loss, perClass } = mixedLoss(scope.tap("logits", logits), {
        targets: targetsOf(recorded),
      });
      const terms = config.decoders.flatMap((decoder, i): [string, Tensor][] => [
        [`focalTerm/${decoder}`, element(perClass.focal, i)],
        [`diceTerm/${decoder}`, element(perClass.dice, i)],
      ]);
      return { loss, parts: { loss, ...Object.fromEntries(terms) } };
    },
    { trains: (name) => !(config.frozenEncoder && isSegmenterEncoder(name)) },
  );
}

/** x [C] → its element i, a scalar. */
const element = (x: Tensor, i: number): Tensor => reshape(slice(x, [[i, i + 1]]), []);

function optimizerOf({ config: { optimiser } }: Recorded): Optimizer {
  const [beta1, beta2] = optimiser.betas;
  return adamw({ beta1, beta2, eps: optimiser.eps });
}

/** The segmenter's buffers, filled with the recorded parameters. Every trained one decays. */
async function recordedStore(
  fixture: Fixture,
  recorded: Recorded,
  { trained, fixed }: TracedObjective,
): Promise<ParameterStore> {
  const { slots } = optimizerOf(recorded);
  const { weightDecay } = recorded.config.optimiser;
  const rules = [{ name: "all", weightDecay, lrScale: 1, matches: () => true }];
  const store = new ParameterStore({ trained, fixed, slots, rules });
  for (const parameter of [...trained, ...fixed]) {
    writeView(store.values, parameter.name, await recordedStart(fixture, recorded, parameter));
  }
  return store;
}

/** Losses and gradients of each recorded step, and what its update makes of the parameters. */
async function compareSteps(replaying: Replaying): Promise<readonly Finding[]> {
  const { fixture, recorded, traced, store, feeds, options } = replaying;
  const { config, steps: expected, tolerance } = recorded;
  const device = { provider: options.device, threads: options.threads };
  await using program = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
  await using updater = await OptimizerProgram.compile(optimizerOf(recorded), store, device);
  const findings: Finding[] = [];
  for (const at of expected.loss.keys()) {
    const step = at + 1;
    const losses = await program.run(feeds, { micro: 0 });
    const gradNorm = gradientNorm(store);
    const lr = rateAt(recorded, step) ?? Number.NaN;
    findings.push(
      ...compareLosses(recorded, losses, step),
      compareStep(recorded, `gradNorm/${step}`, gradNorm, expected.gradNorm[at]),
      compareStep(recorded, `lr/${step}`, lr, expected.lr[at]),
    );
    if (step === 1)
      findings.push(
        ...(await compareGradients(fixture, { gradients: {}, tolerance }, store.gradients)),
      );
    const gradientScale = clippingFactor(gradNorm, config.clipGradNorm?.max ?? null);
    await updater.update({ step, lr, gradientScale });
    findings.push(...(await compareParameters(replaying, step)));
    findings.push(...(await compareEvaluation(replaying, step)));
  }
  return findings;
}

/** The loss of a step, and both terms of every decoder. */
function compareLosses(recorded: Recorded, losses: Losses, step: number): readonly Finding[] {
  const { steps, config } = recorded;
  const compare = (name: string, got: number | undefined, expected: number | undefined): Finding =>
    compareStep(recorded, name, got ?? Number.NaN, expected);
  return [
    compare(`loss/${step}`, losses["loss"], steps.loss[step - 1]),
    ...config.decoders.flatMap((decoder, i) =>
      (["focalTerm", "diceTerm"] as const).map((term) =>
        compare(
          `${term}/${step}/${decoder}`,
          losses[`${term}/${decoder}`],
          steps[term][step - 1]?.[i],
        ),
      ),
    ),
  ];
}
