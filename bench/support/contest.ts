/**
 * @file Several ways to compute one thing, timed against each other: interleaved rounds, so that a noisy neighbour slows all of
 * them, and the memory that each takes beyond its inputs.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { buildGraph } from "../../src/engine/graph.ts";
import { slice } from "../../src/engine/ops/layout.ts";
import type { Device } from "../../src/engine/runtime/device.ts";
import { type NamedArrays, Program } from "../../src/engine/runtime/program.ts";
import { input, type Tensor } from "../../src/engine/tensor.ts";
import { type DType, type NdArray, type Shape, sizeOf, zeros } from "../../src/util/nd-array.ts";
import { type Spread, spread } from "./report.ts";

/** An input: its type, shape and how elements come about; numbers in −½ … ½ when that is not said. */
export interface Feed {
  readonly dtype?: DType;
  readonly shape: Shape;
  readonly element?: (position: number) => number;
}

/** One way to compute something. */
export interface Entrant {
  readonly feeds: Readonly<Record<string, Feed>>;
  readonly compute: (inputs: ReadonlyMap<string, Tensor>) => Tensor;
}

/** What was measured of an entrant. */
export interface Result {
  readonly ms: Spread;
  /** Median time, as a multiple of the first entrant's. */
  readonly ratio: number;
  readonly nsPerElement: number;
  /** Resident memory at its highest during a run, less what it was before the run. */
  readonly extraMiB: number;
}

/** Makes the kernel forget the process's peak of resident memory. Linux alone can; elsewhere the figures are too high. */
function forgetPeak(): void {
  if (process.platform === "linux") writeFileSync("/proc/self/clear_refs", "5");
}

/** The peak of resident memory since it was forgotten, in bytes. A run blocks the thread, so nothing can watch it meanwhile. */
function peak(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes = "0"] =
    /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}

const hash = (position: number): number => ((position * 7919) % 1009) / 1009 - 0.5;

/** An array for a feed. */
export function fill({ dtype = "f32", shape, element = hash }: Feed): NdArray {
  const array = zeros(dtype, shape);
  const { data } = array;
  for (let i = 0; i < data.length; i++) {
    if (data instanceof BigInt64Array) data[i] = BigInt(element(i));
    else data[i] = element(i);
  }
  return array;
}

interface Prepared {
  readonly program: Program;
  readonly feeds: NamedArrays;
  readonly elements: number;
}

async function prepare(
  { feeds, compute }: Entrant,
  device: Device,
  shared: Map<string, NdArray>,
): Promise<Prepared> {
  const arrays = new Map<string, NdArray>();
  for (const [name, feed] of Object.entries(feeds)) {
    const key = `${name} ${feed.dtype} ${feed.shape.join()} ${feed.element}`;
    const array = shared.get(key) ?? fill(feed);
    shared.set(key, array);
    arrays.set(name, array);
  }
  const inputs = [...arrays].map(
    ([name, { dtype, shape }]) => [name, input(name, dtype, shape)] as const,
  );
  const y = compute(new Map(inputs));
  // One element leaves: ONNX Runtime's binding copies every output into a new array, which is not what is measured.
  const element = slice(
    y,
    y.shape.map(() => [0, 1]),
  );
  const program = await Program.compile(buildGraph({ element }), device);
  return { program, feeds: arrays, elements: sizeOf(y.shape) };
}

/** Milliseconds and MiB of one run. */
async function measure({ program, feeds }: Prepared): Promise<readonly [number, number]> {
  const before = process.memoryUsage.rss();
  forgetPeak();
  const start = performance.now();
  await program.run(feeds);
  const ms = performance.now() - start;
  return [ms, (peak() - before) / 2 ** 20];
}

/** Runs every entrant `rounds` times in turns, after a warm-up. */
export async function contest(
  entrants: Readonly<Record<string, Entrant>>,
  { device, rounds }: { readonly device: Device; readonly rounds: number },
): Promise<Readonly<Record<string, Result>>> {
  const shared = new Map<string, NdArray>();
  const prepared: { readonly name: string; readonly entrant: Prepared }[] = [];
  for (const [name, entrant] of Object.entries(entrants)) {
    prepared.push({ name, entrant: await prepare(entrant, device, shared) });
  }
  const times = new Map<string, number[]>(prepared.map(({ name }) => [name, []]));
  const extra = new Map<string, number>();
  for (let round = 0; round <= rounds; round++) {
    for (const { name, entrant } of prepared) {
      const [ms, mib] = await measure(entrant);
      if (round === 0) continue;
      times.get(name)?.push(ms);
      extra.set(name, Math.max(extra.get(name) ?? 0, mib));
    }
  }
  const results: Record<string, Result> = {};
  let first = 0;
  for (const { name, entrant } of prepared) {
    await entrant.program[Symbol.asyncDispose]();
    const ms = spread(times.get(name) ?? []);
    first ||= ms.median;
    results[name] = {
      ms,
      ratio: Number((ms.median / first).toPrecision(3)),
      nsPerElement: Number(((1e6 * ms.median) / entrant.elements).toPrecision(3)),
      extraMiB: Math.round(extra.get(name) ?? 0),
    };
  }
  return results;
}
