/** @file How fast this machine multiplies matrices: the figure that training time follows. */
import { buildGraph } from "../engine/graph.ts";
import { matmul } from "../engine/ops/matmul.ts";
import type { Device } from "../engine/runtime/device.ts";
import { Program } from "../engine/runtime/program.ts";
import { input } from "../engine/tensor.ts";
import { zeros } from "../util/nd-array.ts";

const SIDE = 1024;

/**
 * Multiplies two 1024 × 1024 matrices again and again.
 * @param options.clock milliseconds
 * @param options.forMs how long to measure; at least three products are timed
 * @returns the median, in GFLOP/s
 */
export async function measureGemm({
  device,
  clock,
  forMs = 1000,
}: {
  readonly device: Device;
  readonly clock: () => number;
  readonly forMs?: number;
}): Promise<number> {
  const product = matmul(input("a", "f32", [SIDE, SIDE]), input("b", "f32", [SIDE, SIDE]));
  await using program = await Program.compile(buildGraph({ product }), device);
  const feeds = new Map(["a", "b"].map((name) => [name, zeros("f32", [SIDE, SIDE])]));
  const into = new Map([["product", zeros("f32", [SIDE, SIDE])]]);
  await program.run(feeds, into); // the first run also prepares weights and threads
  const times: number[] = [];
  const end = clock() + forMs;
  while (times.length < 3 || clock() < end) {
    const start = clock();
    await program.run(feeds, into);
    times.push(clock() - start);
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? Number.NaN;
  return (2 * SIDE ** 3) / (median * 1e6);
}
