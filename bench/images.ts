/**
 * @file How many augmented pictures a core makes in a second: a JPEG in memory to a 448 × 448 training view, by stage.
 *
 * Usage: node --import tsx bench/images.ts [FOLDER] [--pictures 64] [--rounds 7]
 * Without a folder it makes its own pictures: grey, 512 pixels square, about as large as radiographs are as JPEG. Pictures
 * are decoded one after another, so a single core is busy at any time. Prints JSON.
 */
import { readdir, readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { codec } from "../src/image/codec.ts";
import { decodeImage } from "../src/image/decode.ts";
import { encodeJpeg } from "../src/image/encode.ts";
import { trainingView } from "../src/image/training-view.ts";
import { RandomStream } from "../src/util/random.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: "string", default: "64" },
    rounds: { type: "string", default: "7" },
  },
});

const SIDE = 512;

/** Milliseconds a picture. */
interface Round {
  readonly decode: number;
  readonly view: number;
}

const count = positiveInteger("pictures");
const files = positionals[0] === undefined ? await synthesised() : await jpegsOf(positionals[0]);
await measure(0); // compiles the loops
const rounds: Round[] = [];
for (let round = 1; round <= positiveInteger("rounds"); round++) rounds.push(await measure(round));
console.log(JSON.stringify(await summary(), null, 2));

function positiveInteger(option: "pictures" | "rounds"): number {
  const value = Number(values[option]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `Cannot run the benchmark: --${option} is "${values[option]}", expected a whole number from 1`,
  );
}

async function jpegsOf(folder: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder)).filter((name) => /\.jpe?g$/i.test(name)).sort();
  if (names.length === 0) {
    throw new RangeError(`Cannot run the benchmark: "${folder}" holds no .jpg file`);
  }
  return Promise.all(names.slice(0, count).map((name) => readFile(join(folder, name))));
}

/** Smooth shapes under fine noise, at a quality that gives some 40 KB. */
async function synthesised(): Promise<Uint8Array[]> {
  const pictures = Array.from({ length: count }, (_, index) => {
    const stream = new RandomStream({ seed: 0, name: "bench/images", step: index });
    const [across, down] = [stream.between(20, 90), stream.between(20, 90)];
    const data = Uint8Array.from({ length: SIDE * SIDE }, (_sample, i) => {
      const wave = Math.sin((i % SIDE) / across) * Math.cos(i / SIDE / down);
      return 128 + 90 * wave + 4 * stream.between(-1, 1);
    });
    return encodeJpeg({ width: SIDE, height: SIDE, channels: 1, data }, { quality: 90 });
  });
  return Promise.all(pictures);
}

async function measure(round: number): Promise<Round> {
  let decode = 0;
  let view = 0;
  for (const [index, file] of files.entries()) {
    const stream = new RandomStream({ seed: round, name: "bench/views", step: index });
    const start = performance.now();
    const picture = await decodeImage(file);
    const decoded = performance.now();
    trainingView(picture, { flip: "image" }, () => stream.uniform());
    decode += decoded - start;
    view += performance.now() - decoded;
  }
  return { decode: decode / files.length, view: view / files.length };
}

/** The middle value and the extremes over the rounds, to two decimals. */
function spread(values: readonly number[]): { median: number; least: number; greatest: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => Number((sorted[index] ?? Number.NaN).toFixed(2));
  return { median: at(sorted.length >> 1), least: at(0), greatest: at(sorted.length - 1) };
}

async function summary(): Promise<Record<string, unknown>> {
  const rasters = await Promise.all(files.map((file) => decodeImage(file)));
  const pixels = rasters.reduce((sum, { width, height }) => sum + width * height, 0);
  const bytes = files.reduce((sum, file) => sum + file.length, 0);
  const { sharp, vips, mozjpeg } = codec().versions;
  return {
    bench: "images",
    unit: "512-pixel JPEG to 448 x 448 grey view, one core",
    imagesPerSecond: spread(rounds.map(({ decode, view }) => 1000 / (decode + view))),
    millisecondsPerImage: {
      decode: spread(rounds.map(({ decode }) => decode)),
      view: spread(rounds.map(({ view }) => view)),
    },
    pictures: {
      source: positionals[0] === undefined ? "synthesised" : "folder",
      count: files.length,
      grey: rasters.filter(({ channels }) => channels === 1).length,
      meanPixels: Math.round(pixels / files.length),
      meanBytes: Math.round(bytes / files.length),
    },
    rounds: rounds.length,
    machine: { processor: cpus()[0]?.model ?? "unknown", cores: cpus().length },
    versions: { node: process.versions.node, sharp, vips, mozjpeg },
  };
}
