/**
 * @file What it saves not to compute padding: pairs a second of the two columns of the fidelity on one dataset, step by step in
 * turn in one process, and how many graphs the shorter shapes need and what compiling them costs.
 *
 * Usage: node --import tsx bench/padding.ts --data DIR --tokenizer FILE [--size base] [--batch 8] [--steps 10] [--threads 2]
 * Each step is a micro-batch forward and backward with dropout, and AdamW. Prints JSON.
 */
import { parseArgs } from "node:util";
import { openDevice } from "../src/engine/runtime/device.ts";
import { DEFAULTS } from "../src/recipes/defaults.ts";
import { FIDELITY_NAMES, type FidelityName, fidelityColumn } from "../src/recipes/fidelity.ts";
import type { PretrainConfig } from "../src/recipes/pretrain-config.ts";
import { SIZES } from "../src/recipes/sizes.ts";
import { openInputs } from "../src/tasks/pretrain-inputs.ts";
import { prepareModel } from "../src/tasks/pretrain-model.ts";
import { runBatches } from "../src/tasks/run-batches.ts";
import { initializeStore } from "../src/train/initialize-store.ts";
import { adamw } from "../src/train/optimizers/adamw.ts";
import { OptimizerProgram } from "../src/train/optimizers/optimizer.ts";
import { Disposables } from "../src/util/disposables.ts";
import { environment, spread } from "./support/report.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    tokenizer: { type: "string" },
    size: { type: "string", default: "base" },
    batch: { type: "string", default: "8" },
    steps: { type: "string", default: "10" },
    threads: { type: "string", default: "2" },
  },
});
const { data, tokenizer } = values;
if (data === undefined || tokenizer === undefined) {
  throw new RangeError("Cannot run the benchmark: give --data DIR and --tokenizer FILE");
}
const size = Object.entries(SIZES).find(([name]) => name === values.size)?.[1];
if (size === undefined) throw new RangeError(`Cannot run the benchmark: no size "${values.size}"`);
const [batch, steps] = [Number(values.batch), Number(values.steps)];
const device = openDevice({ threads: Number(values.threads) });
const clock = (): number => performance.now();

/** One column's run: each call of `step` is one update, timed without compiling. */
async function openRun(name: FidelityName, model: PretrainConfig["model"], resources: Disposables) {
  const config: PretrainConfig = {
    ...DEFAULTS,
    run: { ...DEFAULTS.run, data: data ?? "", tokenizer: tokenizer ?? "" },
    model,
    train: { ...DEFAULTS.train, batch, accumulate: 1, validateEpochs: 0 },
    fidelity: fidelityColumn(name),
  };
  const inputs = resources.use(await openInputs(config, { note: () => undefined }));
  const prepared = resources.use(prepareModel(config, inputs, { ...device, clock }));
  const { store, parameters, steps: program } = prepared;
  initializeStore(store, parameters, 1);
  const optimizer = resources.use(
    await OptimizerProgram.compile(adamw(config.train), store, device),
  );
  const fed = { config, inputs, prepared };
  const batches = runBatches(fed, { doneSteps: 0, onSkipped: () => undefined });
  const times: number[] = [];
  const variants: string[] = [];
  const step = async (count: number): Promise<void> => {
    const next = await batches.next();
    if (next.done === true) throw new RangeError("internal: the batches ended");
    const { variant, feeds } = next.value;
    await program.prepare(variant);
    const start = clock();
    await program.run(feeds, { micro: 0, variant });
    await optimizer.update({ step: count, lr: 1e-4, gradientScale: 1 });
    if (count > 1) times.push(clock() - start); // the first touches every buffer for the first time
    variants.push(variant);
  };
  return { name, step, times, variants, compiled: () => program.statistics(), close: batches };
}

await using resources = new Disposables();
const runs: Awaited<ReturnType<typeof openRun>>[] = [];
for (const name of FIDELITY_NAMES) runs.push(await openRun(name, size, resources));
for (let step = 1; step <= steps + 1; step++) for (const run of runs) await run.step(step);
for (const { close } of runs) await close.return(undefined);

const [first, second] = runs.map(({ times }) => times);
const ratios = (first ?? []).map((time, i) => time / (second?.[i] ?? Number.NaN));
console.log(
  JSON.stringify(
    {
      bench: "padding",
      unit: "one update of one micro-batch, forward + backward + AdamW, without compiling",
      size: values.size,
      batch,
      columns: runs.map(({ name, times, variants, compiled }) => ({
        fidelity: name,
        stepMs: spread(times),
        pairsPerSecond: Number(((batch * 1000) / spread(times).median).toFixed(3)),
        shapes: compiled().count,
        compileMs: Math.round(compiled().compileMs),
        variants: Object.fromEntries(
          [...new Set(variants)].map((each) => [
            each,
            variants.filter((other) => other === each).length,
          ]),
        ),
      })),
      ratio: spread(ratios),
      environment: environment(),
    },
    null,
    2,
  ),
);
