/**
 * @file `npm run demo`: synthetic radiographs with reports, a small ECAMP pre-trained on them, and a picture of what it learnt.
 * Everything is written to `demo/`; nothing is fetched.
 */
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { startProgress } from "../src/cli/progress.ts";
import { resolvePretrain } from "../src/cli/resolve-pretrain.ts";
import { processTerminal } from "../src/cli/terminal.ts";
import { openDataset } from "../src/data/dataset.ts";
import { synthesizeDataset, TOKENIZER_FILE } from "../src/data/phantom/synthesize-dataset.ts";
import { drawReconstructions } from "../src/explain/draw-reconstructions.ts";
import { type PretrainEvent, pretrain } from "../src/tasks/pretrain.ts";
import { writeFileAtomically } from "../src/util/atomic-file.ts";

const FILMS = 240;
const SIZE = 448;
const SHOWN = 3;

const terminal = processTerminal();
const folder = process.argv[2] ?? "demo";
const paths = {
  data: join(folder, "data"),
  run: join(folder, "run"),
  picture: join(folder, "reconstruction.png"),
};

await mkdir(folder, { recursive: true });
await rm(paths.data, { recursive: true, force: true });
await rm(paths.run, { recursive: true, force: true });
await makeFilms();
const checkpoint = await trainModel();
await drawPicture(checkpoint);

async function makeFilms(): Promise<void> {
  const progress = startProgress(terminal, { label: "films", total: FILMS, unit: "films" });
  await synthesizeDataset({
    out: paths.data,
    count: FILMS,
    size: SIZE,
    seed: 1,
    onProgress: (films) => progress.update(films),
  });
  progress.finish();
  terminal.err(`${FILMS} synthetic films with reports, labels, boxes and masks: ${paths.data}\n`);
}

async function trainModel(): Promise<string> {
  const { config } = await resolvePretrain({
    recipe: "demo",
    fidelity: undefined,
    config: undefined,
    // Without its last ReLU, super-resolution can reach the dark lungs.
    set: ["fidelity.superRes.finalRelu=false"],
    flags: {
      "run.data": { flag: "demo", value: paths.data },
      "run.tokenizer": { flag: "demo", value: join(paths.data, TOKENIZER_FILE) },
    },
  });
  let progress: ReturnType<typeof startProgress> | undefined;
  const onEvent = (event: PretrainEvent): void => {
    if (event.kind === "started") {
      progress = startProgress(terminal, {
        label: "pre-train",
        total: event.lastStep,
        unit: "steps",
      });
    } else if (event.kind === "update") {
      const { step, losses } = event.report;
      const parts = Object.entries(losses).map(([name, value]) => `${name} ${value.toFixed(3)}`);
      progress?.update(step, parts.join("  "));
    }
  };
  const result = await pretrain({
    out: paths.run,
    config: { ...config, run: { ...config.run, threads: availableParallelism() } },
    configText: `${JSON.stringify(config, null, 2)}\n`,
    resume: false,
    signal: new AbortController().signal,
    onEvent,
    clock: terminal.clock,
    now: () => new Date(),
  });
  progress?.finish();
  terminal.err(`pre-trained for ${result.step} steps: ${paths.run}\n`);
  return result.checkpoint;
}

async function drawPicture(checkpointFolder: string): Promise<void> {
  const dataset = await openDataset(paths.data);
  await using index = await dataset.index({ splits: ["test"], hasImage: true });
  const films: string[] = [];
  for (let i = 0; i < Math.min(SHOWN, index.size); i++) {
    const { image } = await index.read(i);
    if (image !== undefined) films.push(dataset.imagePath(image));
  }
  const picture = await drawReconstructions(films, {
    model: join(checkpointFolder, "model.safetensors"),
    maskRatio: 0.75,
    seed: 1,
  });
  await writeFileAtomically(paths.picture, picture);
  terminal.err(
    "film | what the encoder saw | reconstruction | super-resolution, on films it was not trained on:\n",
  );
  terminal.out(`${paths.picture}\n`);
}
