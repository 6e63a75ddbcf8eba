/** @file Fine-tuning runs of tests: a small encoder to start from, runs in folders of their own, and what they leave behind. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NamedArrays } from "../src/engine/runtime/program.ts";
import { input } from "../src/engine/tensor.ts";
import type { Normalization } from "../src/model/grey-image.ts";
import { vitEncoder } from "../src/model/vit.ts";
import { initialValues } from "../src/nn/initializers.ts";
import { Scope, Trace } from "../src/nn/scope.ts";
import type { DownstreamConfig } from "../src/recipes/downstream-config.ts";
import type { EncoderArchitecture } from "../src/tasks/finetune/encoder-source.ts";
import type { FinetuneResult, FinetuneRun } from "../src/tasks/finetune/finetune.ts";
import type { RunEvent } from "../src/tasks/pretrain-run.ts";
import type { NdArray } from "../src/util/nd-array.ts";
import { openSafetensors, writeSafetensors } from "../src/weights/safetensors.ts";

/** An encoder of sixteen patches, small enough to be trained many times. */
export const SMALL_ENCODER: EncoderArchitecture & Normalization = {
  ...{ imageSize: 16, patch: 4, dim: 16, depth: 2, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
  ...{ positionExponent: "k/(d/2)", mean: 0.5, std: 0.25 },
};

/** Writes the small encoder, drawn, as pre-training would. */
export async function writeSmallEncoder(file: string): Promise<string> {
  const trace = new Trace();
  const side = SMALL_ENCODER.imageSize;
  vitEncoder(new Scope(trace), { image: input("image", "f32", [1, 3, side, side]) }, SMALL_ENCODER);
  const drawn = [...trace.parameters.values()].map(
    (parameter) => [parameter.name, initialValues({ ...parameter, seed: 5 })] as const,
  );
  await writeSafetensors(file, drawn, { metadata: { config: JSON.stringify(SMALL_ENCODER) } });
  return file;
}

/** How a run is made, beside its configuration. */
export type RunOptions = Partial<
  Pick<FinetuneRun, "out" | "resume" | "stopAfter" | "allowChangedData">
>;

/** How a run ended, and what was told on the way. */
export interface WatchedRun extends FinetuneResult {
  readonly out: string;
  readonly notes: readonly string[];
  readonly events: readonly RunEvent[];
}

/** Runs of one task below a folder that is deleted in the end. */
export class FinetuneRuns<Config extends DownstreamConfig> implements AsyncDisposable {
  readonly root: string;
  readonly #finetune: (run: FinetuneRun<Config>) => Promise<FinetuneResult>;
  #count = 0;

  private constructor(
    root: string,
    finetune: (run: FinetuneRun<Config>) => Promise<FinetuneResult>,
  ) {
    this.root = root;
    this.#finetune = finetune;
  }

  /** Makes the folder. */
  static async open<Config extends DownstreamConfig>(
    finetune: (run: FinetuneRun<Config>) => Promise<FinetuneResult>,
  ): Promise<FinetuneRuns<Config>> {
    return new FinetuneRuns(await mkdtemp(join(tmpdir(), "finetune-runs-")), finetune);
  }

  /** The path of a folder that does not exist yet. */
  newFolder(): string {
    return join(this.root, `run-${this.#count++}`);
  }

  /** A run in a folder of its own, or in the one given. */
  async run(config: Config, options: RunOptions = {}): Promise<WatchedRun> {
    const { out = this.newFolder(), resume = false, ...rest } = options;
    const events: RunEvent[] = [];
    const result = await this.#finetune({
      ...{ out, config, configText: "{}\n", resume, ...rest },
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
      clock: () => 0,
      now: () => new Date(0),
    });
    const notes = events.flatMap((event) => (event.kind === "note" ? [event.text] : []));
    return { ...result, out, notes, events };
  }

  /** Deletes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** The folder of a run's checkpoint. */
export const checkpointOf = (out: string, step: number): string =>
  join(out, "checkpoints", `step-${String(step).padStart(6, "0")}`);

/** What a run computed: files as bytes, and the log's lines. */
export interface RunRecord {
  readonly model: Buffer;
  readonly optimizer: Buffer;
  readonly log: readonly object[];
}

/** A run's model, running statistics included, its optimiser and log, without what may differ between equal runs. */
export async function recordOfRun(out: string, step: number): Promise<RunRecord> {
  const folder = checkpointOf(out, step);
  const lines = (await readFile(join(out, "log.jsonl"), "utf8")).trimEnd().split("\n");
  return {
    model: await readFile(join(folder, "model.safetensors")),
    optimizer: await readFile(join(folder, "optimizer.safetensors")),
    log: lines.map((line) => ({ ...JSON.parse(line), timing: undefined })),
  };
}

/** Everything that a weight file holds. */
export async function tensorsOf(file: string): Promise<NamedArrays> {
  await using stored = await openSafetensors(file);
  const tensors = new Map<string, NdArray>();
  for (const name of stored.names) tensors.set(name, await stored.read(name));
  return tensors;
}

/** Names in the first of which the second holds another value, or none. */
export function differing(first: NamedArrays, second: NamedArrays): readonly string[] {
  return [...first]
    .filter(([name, { data }]) => {
      const other = second.get(name)?.data;
      return data.some((value, i) => value !== other?.[i]);
    })
    .map(([name]) => name);
}
