/**
 * @file What reading a PyTorch checkpoint of the published pre-training's size takes: memory beyond the tensors that are kept, and time.
 *
 * Usage: node --import tsx bench/weights.ts [--file CHECKPOINT.pth] [--folder TMP]
 * Without a file one of the base model's 183 M parameters is written (734 MB, the zip form) and removed. Each reading has a
 * process of its own, whose peak resident memory is counted from what it held before. Prints JSON.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { resolvePretrain } from "../src/cli/resolve-pretrain.ts";
import { loadEncoder } from "../src/tasks/finetune/load-encoder.ts";
import { methodOptions } from "../src/tasks/method-options.ts";
import { modelConfig } from "../src/tasks/pretrain-inputs.ts";
import { traceModel } from "../src/tasks/pretrain-model.ts";
import { copyToSafetensors } from "../src/weights/copy-weights.ts";
import { openWeights } from "../src/weights/open-weights.ts";
import { savedTensor, zipCheckpoint } from "../test/pth-file.ts";
import { environment } from "./support/report.ts";

/** What a process of its own does; one that wrote the file would hand its peak on to those that it starts. */
const READINGS = ["encoder", "convert"] as const;
const VOCABULARY = { size: 30_000, specials: { pad: 0 } };
const MEGABYTE = 1e6;

const { values } = parseArgs({
  options: {
    file: { type: "string" },
    folder: { type: "string", default: tmpdir() },
    read: { type: "string" },
  },
});
const { file, read } = values;
console.log(
  JSON.stringify(
    read === undefined || file === undefined
      ? await compare(file, values.folder)
      : await measure(read, file),
  ),
);

async function compare(given: string | undefined, parent: string) {
  const folder = await mkdtemp(join(parent, "ecamp-bench-weights-"));
  try {
    const checkpoint = given ?? join(folder, "ecamp.pth");
    if (given === undefined) inOwnProcess("write", checkpoint);
    const { size } = await stat(checkpoint);
    const readings = READINGS.map((reading) => inOwnProcess(reading, checkpoint));
    return {
      bench: "weights",
      unit: "MB of 1e6 bytes; peak is what a process held at most beyond what it held before",
      ...{ fileMB: megabytes(size), readings, environment: environment() },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The published model's parameters, with an optimiser's name beside them. */
async function writeCheckpoint(out: string): Promise<void> {
  const { config } = await resolvePretrain({ recipe: "published", set: [], flags: {} });
  const method = methodOptions(config.fidelity);
  const model = modelConfig(config, VOCABULARY, method);
  const { traced } = traceModel(config, { model, method });
  const tensors = [...traced.trained, ...traced.fixed].map(
    ({ name, shape }, i) => [name, savedTensor(shape, (k) => (i + k) / 1e9)] as const,
  );
  await writeFile(out, zipCheckpoint({ model: Object.fromEntries(tensors), epoch: 119 }));
}

function inOwnProcess(reading: string, checkpoint: string): unknown {
  const words = ["--import", "tsx", fileURLToPath(import.meta.url)];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...words, "--read", reading, "--file", checkpoint],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`Cannot measure ${reading}: ${stderr}`);
  return JSON.parse(stdout);
}

/** One reading in this process. */
async function measure(reading: string, checkpoint: string): Promise<Record<string, unknown>> {
  if (reading === "write") {
    await writeCheckpoint(checkpoint);
    return {};
  }
  const before = process.memoryUsage.rss();
  const start = performance.now();
  const keptBytes =
    reading === "encoder" ? await readEncoder(checkpoint) : await convert(checkpoint);
  const seconds = (performance.now() - start) / 1000;
  const peak = process.resourceUsage().maxRSS * 1024 - before;
  return {
    reading,
    tensorsMB: megabytes(keptBytes),
    peakMB: megabytes(peak),
    peakOfTensors: Number((peak / keptBytes).toFixed(2)),
    seconds: Number(seconds.toFixed(2)),
  };
}

/** The bytes of the encoder's tensors, all kept. */
async function readEncoder(checkpoint: string): Promise<number> {
  const { parameters } = await loadEncoder(checkpoint);
  return [...parameters.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
}

/** The bytes of the largest tensor, which is all that need be held. */
async function convert(checkpoint: string): Promise<number> {
  await using weights = await openWeights(checkpoint);
  await copyToSafetensors(weights, `${checkpoint}.safetensors`);
  await rm(`${checkpoint}.safetensors`);
  return Math.max(...weights.names.map((name) => weights.info(name).byteLength));
}

function megabytes(bytes: number): number {
  return Math.round(bytes / MEGABYTE);
}
