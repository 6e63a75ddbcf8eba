/** @file Replays the `detect` fixtures: maps, loss, gradients and running statistics of the detector (SPEC 4.3). */
import { buildGraph } from "../../engine/graph.ts";
import type { Device } from "../../engine/runtime/device.ts";
import { type NamedArrays, Program } from "../../engine/runtime/program.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { detectionLoss } from "../../model/heads/detection-loss.ts";
import { detector } from "../../model/heads/detector.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { gradientNorm } from "../../train/gradient-norm.ts";
import { ParameterStore, writeView } from "../../train/parameter-store.ts";
import {
  type Losses,
  StepProgram,
  type TracedObjective,
  traceObjective,
} from "../../train/step-program.ts";
import type { Fixture } from "../fixture.ts";
import type { Replay } from "../replay.ts";
import {
  compareFigures,
  compareGradientHeads,
  compareMaps,
  compareModel,
  compareStatistics,
} from "./detect-comparisons.ts";
import {
  detectorFeeds,
  detectorImage,
  detectorParameter,
  detectorTargets,
  type RecordedDetector,
  readDetector,
} from "./detect-record.ts";
import { namedTerms, uncompared } from "./detector-records.ts";

/** Computes the maps of both modes and one step without an update, and compares everything. */
export const replayDetect: Replay = async (fixture, { device, threads }) => {
  const recorded = readDetector(fixture);
  const traced = traceDetector(recorded);
  const store = await recordedStore(fixture, recorded, traced);
  const feeds = await detectorFeeds(fixture, recorded);
  const fed: Fed = { traced, store, feeds, device: { provider: device, threads } };
  const maps = await computeMaps(fed, recorded);
  const losses = await runStep(fed);
  const findings = [
    ...compareModel(recorded, traced, store),
    ...(await compareMaps(fixture, recorded, maps)),
    ...compareFigures(recorded, losses, { norm: gradientNorm(store), store }),
    ...(await compareGradientHeads(fixture, recorded, store)),
    ...(await compareStatistics(fixture, recorded, store)),
  ];
  return [...findings, ...uncompared(fixture, findings)];
};

function traceDetector(recorded: RecordedDetector): TracedObjective {
  const trained = recorded.expected.gradNormOf;
  return traceObjective(
    (scope) => {
      const maps = detector(scope, detectorImage(recorded), { ...recorded.model, training: true });
      for (const [k, map] of maps.entries()) scope.tap(`out${k}`, map);
      const { total, scales } = detectionLoss(maps, detectorTargets(recorded));
      const terms = scales.flatMap((scale, k) => namedTerms(`perScale/${k}`, scale));
      return { loss: total, parts: { total, ...Object.fromEntries(terms) } };
    },
    { trains: (name) => name in trained },
  );
}

async function recordedStore(
  fixture: Fixture,
  recorded: RecordedDetector,
  { trained, fixed }: TracedObjective,
): Promise<ParameterStore> {
  const rules = [{ name: "all", weightDecay: 0, lrScale: 1, matches: () => true }];
  const store = new ParameterStore({ trained, fixed, slots: [], rules });
  for (const parameter of [...trained, ...fixed])
    writeView(store.values, parameter.name, await detectorParameter(fixture, recorded, parameter));
  return store;
}

/** A detector with its numbers, and what it is fed. */
interface Fed {
  readonly traced: TracedObjective;
  readonly store: ParameterStore;
  readonly feeds: NamedArrays;
  readonly device: Device;
}

/** The neck's inputs and the maps, by the names of the fixture's tensors; those of evaluation by the first running statistics. */
async function computeMaps(fed: Fed, recorded: RecordedDetector): Promise<NamedArrays> {
  const evaluated = detector(new Scope(new Trace()), detectorImage(recorded), {
    ...{ ...recorded.model, training: false },
  });
  const { taps } = fed.traced;
  const trained = evaluated.map((_, k) => [`out/train/out${k}`, taps.get(`out${k}`)] as const);
  const backbone = ["fine", "middle", "coarse"].map(
    (scale, k) => [`out/backbone/first4channels/${k}`, taps.get(`backbone.${scale}`)] as const,
  );
  const known = [...trained, ...backbone].flatMap(([name, tensor]): [string, Tensor][] =>
    tensor === undefined ? [] : [[name, tensor]],
  );
  return new Map([
    ...(await compute(new Map(known), fed)),
    ...(await compute(new Map(evaluated.map((map, k) => [`out/eval/out${k}`, map])), fed)),
  ]);
}

async function compute(
  outputs: ReadonlyMap<string, Tensor>,
  { store, feeds, device }: Fed,
): Promise<NamedArrays> {
  await using program = await Program.compile(buildGraph(outputs), device);
  return await program.run(new Map([...store.values, ...feeds]));
}

async function runStep({ traced, store, feeds, device }: Fed): Promise<Losses> {
  await using program = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
  return await program.run(feeds, { micro: 0 });
}
