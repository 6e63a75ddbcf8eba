/** @file Pre-training runs of seconds: a model of a few hundred numbers on twelve phantoms, in folders that are thrown away. */
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { synthesizeDataset } from "../src/data/phantom/synthesize-dataset.ts";
import { DEFAULT_FIDELITY, DEFAULTS } from "../src/recipes/defaults.ts";
import { fidelityColumn } from "../src/recipes/fidelity.ts";
import type { ModelSizes, PretrainConfig } from "../src/recipes/pretrain-config.ts";
import {
  type PretrainResult,
  type PretrainRun,
  pretrain,
  type RunEvent,
} from "../src/tasks/pretrain.ts";

/** The smallest model that has every part. */
export const TINY_SIZES: ModelSizes = {
  ...DEFAULTS.model,
  ...{ imageSize: 56, bigImageSize: 112, patch: 4, dim: 8, depth: 1, heads: 2, mlpRatio: 2 },
  ...{ decoderDim: 8, decoderDepth: 1, decoderHeads: 2 },
  ...{ bertDim: 8, bertDepth: 1, bertHeads: 2, bertMlpDim: 8, tokens: 24 },
};

/** What a test changes of the configuration. */
export type Changes = { readonly [K in keyof PretrainConfig]?: Partial<PretrainConfig[K]> };

/** A run that has ended, and what was told while it ran. */
export interface WatchedRun extends PretrainResult {
  readonly out: string;
  readonly events: readonly RunEvent[];
  readonly notes: readonly string[];
}

/** What two equal runs have in common, bit for bit. */
export interface RunRecord {
  readonly model: Buffer;
  readonly optimizer: Buffer;
  /** The log without its `timing`. */
  readonly log: readonly object[];
}

/** Reads what equal runs have in common after so many updates. */
export async function recordOf(out: string, step: number): Promise<RunRecord> {
  const folder = join(out, "checkpoints", `step-${String(step).padStart(6, "0")}`);
  const log = (await readFile(join(out, "log.jsonl"), "utf8")).trimEnd().split("\n");
  return {
    model: await readFile(join(folder, "model.safetensors")),
    optimizer: await readFile(join(folder, "optimizer.safetensors")),
    log: log.map((line) => ({ ...JSON.parse(line), timing: undefined })),
  };
}

/** A dataset of twelve phantoms, eight of them to train on, and runs that learn from it. */
export class TinyRuns implements AsyncDisposable {
  readonly root: string;
  /** The dataset's folder, with its vocabulary. */
  readonly data: string;

  private constructor(root: string) {
    this.root = root;
    this.data = join(root, "data");
  }

  /** Makes the dataset. */
  static async open(): Promise<TinyRuns> {
    const runs = new TinyRuns(await mkdtemp(join(tmpdir(), "tiny-runs-")));
    await synthesizeDataset({ out: runs.data, count: 12, size: 96, seed: 1, format: "png" });
    return runs;
  }

  /** A folder that is empty. */
  newFolder(): Promise<string> {
    return mkdtemp(join(this.root, "run-"));
  }

  /** Two epochs of two updates of two micro-batches of two pairs, with dropout, without workers. */
  configOf(changes: Changes = {}): PretrainConfig {
    const { data } = this;
    return {
      run: { ...DEFAULTS.run, data, tokenizer: join(data, "tokenizer.json"), ...changes.run },
      model: { ...TINY_SIZES, ...changes.model },
      train: {
        ...DEFAULTS.train,
        ...{ batch: 2, accumulate: 2, epochs: 2, warmupEpochs: 0, lr: 1e-2 },
        ...changes.train,
      },
      data: { ...DEFAULTS.data, workers: 0, ...changes.data },
      loss: { ...DEFAULTS.loss, ...changes.loss },
      fidelity: { ...fidelityColumn(DEFAULT_FIDELITY), ...changes.fidelity },
    };
  }

  /** Runs, and keeps what was told. */
  async run(
    out: string,
    changes: Changes = {},
    options: Partial<PretrainRun> = {},
  ): Promise<WatchedRun> {
    const events: RunEvent[] = [];
    const result = await pretrain({
      out,
      config: this.configOf(changes),
      configText: "{}\n",
      resume: false,
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
      clock: () => 0,
      now: () => new Date(0),
      ...options,
    });
    const notes = events.flatMap((event) => (event.kind === "note" ? [event.text] : []));
    return { ...result, out, events, notes };
  }

  /** A copy of the dataset that may be changed. */
  async copyData(): Promise<string> {
    const copy = join(await this.newFolder(), "data");
    await cp(this.data, copy, { recursive: true });
    return copy;
  }

  /** The records of the dataset that are trained on. */
  async trainingRecords(): Promise<readonly { id: string; image: string }[]> {
    const text = await readFile(join(this.data, "records.jsonl"), "utf8");
    const records = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    return records.filter(({ split }) => split === "train");
  }

  /** Deletes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
