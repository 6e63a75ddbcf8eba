/**
 * @file What opening a dataset costs as it grows: time to index and digest it, memory a record, an epoch's order, random reads.
 *
 * Usage: node --import tsx bench/loader.ts [--records 1000,100000,1000000] [--reads 1000] [--folder TMP]
 * Writes datasets of synthetic reports and contexts (no pictures) into a temporary folder, opens each in a process of its own with the calls
 * that pre-training makes, and removes them. A million records are 1 GB and a minute or two. Prints JSON.
 */
import { spawnSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openDataset } from "../src/data/dataset.ts";
import type { DatasetIndexHandle } from "../src/data/dataset-index.ts";
import { drawPatient } from "../src/data/phantom/anatomy/patient.ts";
import { drawFindings } from "../src/data/phantom/findings/draw-findings.ts";
import { type WrittenReport, writeReport } from "../src/data/phantom/report/write-report.ts";
import { epochOrder } from "../src/data/shuffle.ts";
import { RandomStream } from "../src/util/random.ts";
import { environment, spread } from "./support/report.ts";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "1000,100000,1000000" },
    reads: { type: "string", default: "1000" },
    folder: { type: "string", default: tmpdir() },
    open: { type: "string" },
  },
});

if (values.open === undefined) console.log(JSON.stringify(await compareSizes(), null, 2));
else console.log(JSON.stringify(await measure(values.open)));

async function compareSizes(): Promise<Record<string, unknown>> {
  const sizes = values.records.split(",").map((text) => wholeNumber("records", text));
  const root = await mkdtemp(join(values.folder, "ecamp-bench-loader-"));
  try {
    const results: unknown[] = [];
    for (const size of sizes) {
      const folder = join(root, String(size));
      await writeRecords(folder, size);
      results.push(measureApart(folder));
      await rm(folder, { recursive: true });
    }
    return {
      bench: "loader",
      unit: "opening a dataset with the calls of a pre-training run, in a process of its own",
      sizes: results,
      environment: environment(),
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** A fresh process for each size: memory that one has taken, another must not find free. */
function measureApart(folder: string): unknown {
  const script = fileURLToPath(import.meta.url);
  const words = ["--expose-gc", "--import", "tsx", script, "--open", folder];
  const { status, stdout } = spawnSync(process.execPath, [...words, "--reads", values.reads], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`Cannot measure "${folder}": the process ended with ${status}`);
  return JSON.parse(stdout);
}

/** Reports are drawn from a thousand, which is enough for their lengths; ids and paths are of the usual kind. */
async function writeRecords(folder: string, size: number): Promise<void> {
  await mkdir(folder);
  const texts = Array.from({ length: Math.min(size, 1000) }, (_, step) => textsAt(step));
  const stemOf = (index: number): string => String(index).padStart(9, "0");
  const recordLines = function* (): Generator<string> {
    for (let index = 0; index < size; index++) {
      const stem = stemOf(index);
      const record = {
        id: `bench-${stem}`,
        image: `images/${stem.slice(0, 6)}/${stem}.jpg`,
        split: index % 10 === 0 ? "val" : "train",
        patient: `patient-${stem}`,
        view: "PA",
        report: texts[index % texts.length]?.report,
        labels: { Cardiomegaly: index % 2, Effusion: 0, Nodule: 0 },
      };
      yield `${JSON.stringify(record)}\n`;
    }
  };
  const contextLines = function* (): Generator<string> {
    for (let index = 0; index < size; index++) {
      const context = texts[index % texts.length]?.context;
      yield `${JSON.stringify({ id: `bench-${stemOf(index)}`, context })}\n`;
    }
  };
  await pipeline(recordLines, createWriteStream(join(folder, "records.jsonl")));
  await pipeline(contextLines, createWriteStream(join(folder, "context.jsonl")));
  const manifest = {
    format: 1,
    name: "Records for a benchmark",
    licence: "CC0-1.0",
    privacy: "public",
    imageRoot: ".",
    task: ["pretrain"],
    classes: ["Cardiomegaly", "Effusion", "Nodule"],
    importer: "bench",
    created: new Date(0).toISOString(),
  };
  await writeFile(join(folder, "dataset.json"), JSON.stringify(manifest));
}

function textsAt(step: number): WrittenReport {
  const stream = (name: string): RandomStream => new RandomStream({ seed: 1, name, step });
  const subject = {
    findings: drawFindings(stream("bench/findings")),
    patient: drawPatient(stream("bench/patient")),
  };
  return writeReport(subject, stream("bench/report"));
}

/** What a run does before its first step, and what it keeps of that. */
async function measure(folder: string): Promise<Record<string, unknown>> {
  const before = memoryMiB();
  const started = performance.now();
  const dataset = await openDataset(folder);
  await using index = await dataset.index({
    hasReport: true,
    hasImage: true,
    splits: ["train", "none"],
  });
  const indexed = performance.now();
  await dataset.identity();
  const digested = performance.now();
  const { size } = index;
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  const after = memoryMiB();
  const orders: number[] = [];
  for (let epoch = 0; epoch < 5; epoch++) {
    const start = performance.now();
    epochOrder({ seed: 1, epoch, size });
    orders.push(performance.now() - start);
  }
  const stream = new RandomStream({ seed: 1, name: "bench/reads" });
  const reads: number[] = [];
  for (let read = 0; read < wholeNumber("reads", values.reads); read++) {
    const position = stream.integer(size);
    const start = performance.now();
    await index.read(position);
    reads.push(performance.now() - start);
  }
  return {
    chosen: size,
    megabytes: Math.round((await stat(join(folder, "records.jsonl"))).size / 1e6),
    indexMs: Math.round(indexed - started),
    identityMs: Math.round(digested - indexed),
    indexBytesARecord: Number((bytesOf(index.handle) / size).toFixed(2)),
    keptMiB: Number((after.used - before.used).toFixed(1)),
    residentGrowthMiB: Number((after.resident - before.resident).toFixed(1)),
    peakResidentGrowthMiB: Number((peakMiB - before.resident).toFixed(1)),
    epochOrderMs: spread(orders),
    readMs: spread(reads),
  };
}

function bytesOf({ records: { low, high }, contexts, maps }: DatasetIndexHandle): number {
  return low.byteLength + high.byteLength + contexts.byteLength + maps.byteLength;
}

/** Memory once garbage has been collected: what is in use, and what the process holds (it is slow to give pages back). */
function memoryMiB(): { readonly used: number; readonly resident: number } {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: (heapUsed + external) / 2 ** 20, resident: rss / 2 ** 20 };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `Cannot run the benchmark: --${option} has "${text}", expected whole numbers from 1`,
  );
}
