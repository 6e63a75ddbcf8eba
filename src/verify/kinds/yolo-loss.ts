/** @file Replays the `yolo-loss` fixture: targets, loss and gradients at recorded logits, and the boxes that they mean (SPEC 4.3). */
import type { Device } from "../../engine/runtime/device.ts";
import { input } from "../../engine/tensor.ts";
import { detectionLoss } from "../../model/heads/detection-loss.ts";
import { constant } from "../../nn/initializers.ts";
import { ParameterStore, writeView } from "../../train/parameter-store.ts";
import { type Losses, StepProgram, traceObjective } from "../../train/step-program.ts";
import type { NdArray } from "../../util/nd-array.ts";
import type { Finding, Replay } from "../replay.ts";
import { compareScalar, compareTensor } from "../tolerance.ts";
import { namedTerms, uncompared } from "./detector-records.ts";
import { compareBoxes, compareTargets } from "./yolo-comparisons.ts";
import { type RecordedYolo, readYolo } from "./yolo-record.ts";

/** Recomputes everything from the recorded labels and logits. */
export const replayYoloLoss: Replay = async (fixture, { device, threads }) => {
  const recorded = await readYolo(fixture);
  const { losses, gradients } = await differentiate(recorded, { provider: device, threads });
  const findings = [
    ...(await compareTargets(fixture, recorded)),
    ...compareLosses(recorded, losses),
  ];
  for (const [name, got] of gradients) {
    const { tolerance } = recorded;
    const expected = await fixture.tensor(`grad/${name}`);
    findings.push(...compareTensor({ name: `grad/${name}`, got, expected, tolerance }));
  }
  findings.push(...(await compareBoxes(fixture, recorded)));
  return [...findings, ...uncompared(fixture, findings)];
};

/** Loss and gradients at the logits, which take the part of a model's parameters. */
async function differentiate(
  { logits, targets }: RecordedYolo,
  device: Device,
): Promise<{ readonly losses: Losses; readonly gradients: ReadonlyMap<string, NdArray> }> {
  const traced = traceObjective((scope) => {
    const maps = logits.map(({ shape }, k) => scope.param(`logits${k}`, shape, constant(0)));
    const wanted = targets.map(({ shape }, k) => input(`targets${k}`, "f32", shape));
    const { total, scales } = detectionLoss(maps, wanted);
    const terms = scales.flatMap((scale, k) => namedTerms(`scale${k}`, scale));
    return { loss: total, parts: { total, ...Object.fromEntries(terms) } };
  });
  const { trained, fixed } = traced;
  const rules = [{ name: "all", weightDecay: 0, lrScale: 1, matches: () => true }];
  const store = new ParameterStore({ trained, fixed, slots: [], rules });
  for (const [k, array] of logits.entries()) writeView(store.values, `logits${k}`, array);
  await using program = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
  const feeds = new Map(targets.map((array, k) => [`targets${k}`, array]));
  const losses = await program.run(feeds, { micro: 0 });
  return { losses, gradients: store.gradients };
}

function compareLosses({ expected, tolerance }: RecordedYolo, losses: Losses): readonly Finding[] {
  return [...expected].map(([name, value]) =>
    compareScalar({ name, got: losses[name] ?? Number.NaN, expected: value, tolerance }),
  );
}
