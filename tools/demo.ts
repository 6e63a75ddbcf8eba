/**
 * @file `npm run demo`: synthetic radiographs with reports, a small ECAMP pre-trained on them, and a picture of what it learnt.
 * Everything is written to `demo/`; nothing is fetched. The commands are printed as one would type them.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { COMMANDS } from "../src/cli/commands.ts";
import { runCli } from "../src/cli/run-cli.ts";
import { processTerminal } from "../src/cli/terminal.ts";
import { openDataset } from "../src/data/dataset.ts";
import { drawReconstructions } from "../src/explain/draw-reconstructions.ts";
import { Checkpoints } from "../src/train/checkpoint.ts";
import { writeFileAtomically } from "../src/util/atomic-file.ts";

const SHOWN = 3;

const terminal = processTerminal();
const folder = process.argv[2] ?? "demo";
const [data, run, picture] = ["data", "run", "reconstruction.png"].map((name) =>
  join(folder, name),
) as [string, string, string];

await mkdir(folder, { recursive: true });
await rm(data, { recursive: true, force: true });
await rm(run, { recursive: true, force: true });

await ecamp("data", "synth", "--out", data, "--count", "240", "--size", "448", "--seed", "1");
// Films come with contexts by their generator; what is shown is what one does with reports of one's own.
await ecamp("distill", "run", data, "--force");
const tokenizer = join(data, "tokenizer.json");
const inputs = ["--data", data, "--tokenizer", tokenizer];
await ecamp("pretrain", "--recipe", "demo", ...inputs, "--out", run);
await drawPicture();
terminal.err(`
What fell: mim, the error of the hidden patches; res, that of the sharpened window; mlm, that of the hidden words.
Next: npx ecamp finetune classify --data ${data} --weights ${run} --out ${join(folder, "classifier")}
then README.md, "Use it", for data of your own.
`);

/** Runs a command line in this process; its failure is the demonstration's. */
async function ecamp(...words: string[]): Promise<void> {
  terminal.err(`\n$ ecamp ${words.join(" ")}\n`);
  const { signal } = new AbortController();
  const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "demo" });
  if (status !== 0) process.exit(status);
}

/** Draws films of the test split, on which the model was not trained. */
async function drawPicture(): Promise<void> {
  const dataset = await openDataset(data);
  await using index = await dataset.index({ splits: ["test"], hasImage: true });
  const films: string[] = [];
  for (let i = 0; i < Math.min(SHOWN, index.size); i++) {
    const { image } = await index.read(i);
    if (image !== undefined) films.push(dataset.imagePath(image));
  }
  const checkpoints = new Checkpoints(run, { keep: 1 });
  const last = checkpoints.path((await checkpoints.steps()).at(-1) ?? 0);
  const model = join(last, "model.safetensors");
  const png = await drawReconstructions(films, { model, maskRatio: 0.75, seed: 1 });
  await writeFileAtomically(picture, png);
  terminal.err("\nfilm | what the encoder saw | reconstruction | super-resolution:\n");
  terminal.out(`${picture}\n`);
}
