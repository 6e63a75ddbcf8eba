/** @file What every benchmark reports beside its figures: the machine, the versions, and how a series of values is summarised. */
import { cpus, totalmem } from "node:os";
import { runtimeInfo } from "../../src/engine/runtime/device.ts";

/** The middle value and the extremes. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

/** Summarises repeated measurements, to four significant digits. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => Number((sorted[index] ?? Number.NaN).toPrecision(4));
  return { median: at(sorted.length >> 1), least: at(0), greatest: at(sorted.length - 1) };
}

/** Where and with what a benchmark ran. */
export function environment(): Record<string, unknown> {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    onnxruntime: runtimeInfo().version,
  };
}
