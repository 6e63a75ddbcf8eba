/**
 * @file `npm run demo`: synthetic radiographs with reports, a small ECAMP pre-trained on them, and a picture of what it learnt.
 * Everything is written to `demo/`; nothing is fetched.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runPretrain } from "../src/cli/run-pretrain.ts";
import { runSynth } from "../src/cli/run-synth.ts";
import { type CommandContext, processTerminal } from "../src/cli/terminal.ts";
import { openDataset } from "../src/data/dataset.ts";
import { TOKENIZER_FILE } from "../src/data/phantom/synthesize-dataset.ts";
import { drawReconstructions } from "../src/explain/draw-reconstructions.ts";
import { Checkpoints } from "../src/train/checkpoint.ts";
import { writeFileAtomically } from "../src/util/atomic-file.ts";

const FILMS = 240;
const SIZE = 448;
const SHOWN = 3;

const terminal = processTerminal();
const context: CommandContext = {
  terminal,
  signal: new AbortController().signal,
  version: "demo",
};
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

/** `ecamp data synth` */
async function makeFilms(): Promise<void> {
  await runSynth(
    {
      out: paths.data,
      count: FILMS,
      size: SIZE,
      seed: 1,
      format: "jpeg",
      anatomyMasks: false,
      vocabulary: 2048,
      json: false,
    },
    context,
  );
}

/** `ecamp pretrain`; returns the folder of the last checkpoint. */
async function trainModel(): Promise<string> {
  const absent = undefined;
  await runPretrain(
    {
      out: paths.run,
      data: paths.data,
      tokenizer: join(paths.data, TOKENIZER_FILE),
      recipe: "demo",
      // Without its last ReLU, super-resolution can reach the dark lungs.
      set: ["fidelity.superRes.finalRelu=false"],
      fidelity: absent,
      init: absent,
      stopAfter: absent,
      config: absent,
      seed: absent,
      device: absent,
      threads: absent,
      workers: absent,
      checkpointMinutes: absent,
      onBadRecord: absent,
      resume: false,
      dryRun: false,
      json: false,
    },
    context,
  );
  const checkpoints = new Checkpoints(paths.run, { keep: 1 });
  return checkpoints.path((await checkpoints.steps()).at(-1) ?? 0);
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
