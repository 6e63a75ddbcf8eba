/** @file Replays the `classify` fixtures: logits, loss, gradients and SGD steps of the classifier and of its linear probe (SPEC 4.1). */
import { classifier } from "../../model/heads/classifier.ts";
import { labelledLoss } from "../../tasks/classify/labelled-loss.ts";
import { clippingFactor, gradientNorm } from "../../train/gradient-norm.ts";
import { OptimizerProgram } from "../../train/optimizers/optimizer.ts";
import { sgd } from "../../train/optimizers/sgd.ts";
import { ParameterStore, writeView } from "../../train/parameter-store.ts";
import { StepProgram, type TracedObjective, traceObjective } from "../../train/step-program.ts";
import type { Fixture } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import {
  compareGradients,
  compareLogits,
  compareParameters,
  compareStep,
  compareTrained,
  compareUnmoved,
  type Replaying,
  snapshot,
} from "./classify-comparisons.ts";
import { imageOf, type Recorded, rateAt, readRecorded, recordedFeeds } from "./classify-record.ts";
import { recordedParameter } from "./recorded-inputs.ts";

/** Computes the first pass, then as many steps as are recorded, and compares everything. */
export const replayClassify: Replay = async (fixture, options) => {
  const recorded = readRecorded(fixture);
  const traced = traceClassifier(recorded);
  const store = await recordedStore(fixture, recorded, traced);
  const start = snapshot(store);
  const feeds = await recordedFeeds(fixture, recorded, traced);
  const replaying: Replaying = { fixture, recorded, traced, store, feeds, options };
  return [
    ...compareTrained(recorded, traced),
    ...(await compareLogits(replaying, "logits")),
    ...(await compareSteps(replaying)),
    ...compareUnmoved(start, replaying),
  ];
};

function traceClassifier(recorded: Recorded): TracedObjective {
  const { model, dropPath, task, trained } = recorded;
  return traceObjective(
    (scope) => {
      const logits = classifier(scope, imageOf(recorded), { ...model, dropPath });
      const loss = labelledLoss(scope.tap("logits", logits), { task });
      return { loss, parts: { loss } };
    },
    { trains: (name) => trained === undefined || trained.includes(name) },
  );
}

const optimizerOf = ({ config: { optimiser } }: Recorded) =>
  sgd({ momentum: optimiser?.momentum ?? 0 });

/** The classifier's buffers, filled with the recorded parameters. */
async function recordedStore(
  fixture: Fixture,
  recorded: Recorded,
  { trained, fixed }: TracedObjective,
): Promise<ParameterStore> {
  const { slots } = optimizerOf(recorded);
  const weightDecay = recorded.config.optimiser?.weightDecay ?? 0;
  const rules = [{ name: "all", weightDecay, lrScale: 1, matches: () => true }];
  const store = new ParameterStore({ trained, fixed, slots, rules });
  for (const parameter of [...trained, ...fixed]) {
    writeView(store.values, parameter.name, await recordedParameter(fixture, recorded, parameter));
  }
  return store;
}

/** Loss and gradients of each recorded step, and the parameters after its update where there is one. */
async function compareSteps(replaying: Replaying): Promise<readonly Finding[]> {
  const { fixture, recorded, traced, store, feeds, options } = replaying;
  const { config, expect64: expected } = recorded;
  const device = { provider: options.device, threads: options.threads };
  await using program = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
  await using updater = await OptimizerProgram.compile(optimizerOf(recorded), store, device);
  const findings: Finding[] = [];
  for (const [at, expectedLoss] of expected.loss.entries()) {
    const step = at + 1;
    const { loss = Number.NaN } = await program.run(feeds, { micro: 0 });
    const gradNorm = gradientNorm(store);
    findings.push(
      compareStep(recorded, `loss/${step}`, loss, expectedLoss),
      compareStep(recorded, `gradNorm/${step}`, gradNorm, expected.gradNorm[at]),
    );
    if (step === 1) findings.push(...(await compareGradients(replaying)));
    const lr = rateAt(recorded, step);
    if (lr === undefined) continue;
    findings.push(compareStep(recorded, `lr/${step}`, lr, expected.lr[at]));
    const gradientScale = clippingFactor(gradNorm, config.clipGradNorm?.max ?? null);
    await updater.update({ step, lr, gradientScale });
    findings.push(...(await compareParameters(replaying, step)));
    const after = `logits_eval_after_${step}`;
    if (fixture.tensorNames.includes(`out/${after}`)) {
      findings.push(...(await compareLogits(replaying, after)));
    }
  }
  return findings;
}
