/**
 * @file How well phantoms can be told apart by a linear read-out of their pixels: the AUROC of every finding, and films a second.
 *
 * Usage: node --import tsx bench/phantoms.ts [--films 2000] [--size 96] [--pixels 32] [--seed 7]
 * Half of the films fit a ridge regression on the film shrunk to PIXELS × PIXELS, the other half judge it. A finding near 1 is
 * too easy to learn anything from, one at 0.5 cannot be seen. Some two minutes of one core. Prints JSON.
 */
import { parseArgs } from "node:util";
import { PHANTOM_CLASSES } from "../src/data/phantom/findings/finding.ts";
import { renderPhantom } from "../src/data/phantom/phantom.ts";
import { resample } from "../src/image/resample.ts";
import { aurocOf } from "../src/metrics/auroc.ts";
import { bootstrapInterval } from "../src/metrics/bootstrap.ts";
import { environment } from "./support/report.ts";
import { ridgeReadOuts } from "./support/ridge.ts";

const { values } = parseArgs({
  options: {
    films: { type: "string", default: "2000" },
    size: { type: "string", default: "96" },
    pixels: { type: "string", default: "32" },
    seed: { type: "string", default: "7" },
  },
});
const [films, size, pixels] = [whole("films", 20), whole("size", 64), whole("pixels", 1)];
const seed = whole("seed", 0);

const rows: number[][] = [];
const labels: ReadonlyMap<string, number[]> = new Map(PHANTOM_CLASSES.map((name) => [name, []]));
const started = performance.now();
for (let index = 0; index < films; index++) {
  const phantom = renderPhantom({ seed, index, size });
  const small = resample(phantom.film, {
    width: pixels,
    height: pixels,
    interpolation: "bilinear",
  });
  rows.push(Array.from(small.data, (grey) => grey / 255));
  for (const [name, column] of labels) column.push(phantom.labels[name] === 1 ? 1 : 0);
}
const renderSeconds = (performance.now() - started) / 1000;

const half = films >> 1;
const readOuts = ridgeReadOuts({
  train: rows.slice(0, half),
  test: rows.slice(half),
  targets: [...labels.values()].map((column) => column.slice(0, half)),
});
const findings = [...labels].map(([name, column], i) => {
  const { scores = [], penalty } = readOuts[i] ?? {};
  return [name, { ...judged(name, scores, column.slice(half)), penalty }] as const;
});
console.log(
  JSON.stringify(
    {
      bench: "phantoms",
      unit: "AUROC of a ridge regression on pixels, with a 95 % bootstrap interval",
      films: { fitted: half, judged: films - half, size, pixels, seed },
      findings: Object.fromEntries(findings),
      renderedFilmsPerSecond: Number((films / renderSeconds).toFixed(1)),
      environment: environment(),
    },
    null,
    2,
  ),
);

function whole(option: keyof typeof values, least: number): number {
  const value = Number(values[option]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(
    `Cannot run the benchmark: --${option} is "${values[option]}", expected a whole number from ${least}`,
  );
}

function judged(
  name: string,
  scores: readonly number[],
  truth: readonly number[],
): Record<string, unknown> {
  const statistic = aurocOf(scores, truth);
  const interval = bootstrapInterval(scores.length, statistic, { seed, name, resamples: 500 });
  const rounded = (value: number | undefined): number | undefined =>
    value === undefined ? undefined : Number(value.toFixed(3));
  return {
    positives: truth.reduce((sum, label) => sum + label, 0),
    auroc: rounded(statistic(Uint32Array.from(scores.keys()))),
    interval: [rounded(interval?.low), rounded(interval?.high)],
  };
}
