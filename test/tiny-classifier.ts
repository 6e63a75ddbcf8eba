/** @file Classification runs of a moment: an encoder of four patches on pictures of eight pixels, in folders that are thrown away. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { input } from "../src/engine/tensor.ts";
import type { Normalization } from "../src/model/grey-image.ts";
import { vitEncoder } from "../src/model/vit.ts";
import { initialValues } from "../src/nn/initializers.ts";
import { Scope, Trace } from "../src/nn/scope.ts";
import type { ClassifyConfig } from "../src/recipes/classify-config.ts";
import { CLASSIFY_DEFAULTS } from "../src/recipes/classify-recipes.ts";
import { classifyColumn } from "../src/recipes/fidelity.ts";
import { finetuneClassifier } from "../src/tasks/classify/finetune.ts";
import type { EncoderArchitecture } from "../src/tasks/finetune/encoder-source.ts";
import type { FinetuneResult } from "../src/tasks/finetune/finetune.ts";
import { writeSafetensors } from "../src/weights/safetensors.ts";
import { type DrawnRecord, type LabelledSetOptions, writeLabelledSet } from "./labelled-set.ts";

/** The encoder that runs start from. */
export const TINY_ENCODER: EncoderArchitecture & Normalization = {
  ...{ imageSize: 8, patch: 4, dim: 8, depth: 1, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
  ...{ positionExponent: "k/(d/2)", mean: 0.5, std: 0.25 },
};

/** What a test changes of the configuration. */
export type ClassifyChanges = {
  readonly [Section in keyof ClassifyConfig]?: Partial<ClassifyConfig[Section]>;
};

/** A run that has ended, and what it said. */
export interface EndedRun extends FinetuneResult {
  readonly out: string;
  readonly notes: readonly string[];
}

const bit = (value: boolean): 1 | 0 => (value ? 1 : 0);

/** Claims both classes of every record. */
export const bothLabels = ({
  upper,
  coin,
}: DrawnRecord): { readonly labels: { readonly Upper: 1 | 0; readonly Coin: 1 | 0 } } => ({
  labels: { Upper: bit(upper), Coin: bit(coin) },
});

/** A folder with an encoder, in which datasets and runs are made. */
export class TinyClassifier implements AsyncDisposable {
  readonly root: string;
  /** The encoder's file. */
  readonly weights: string;

  private constructor(root: string, weights: string) {
    this.root = root;
    this.weights = weights;
  }

  /** Makes the folder and draws the encoder. */
  static async create(): Promise<TinyClassifier> {
    const root = await mkdtemp(join(tmpdir(), "tiny-classifier-"));
    const weights = join(root, "encoder.safetensors");
    const trace = new Trace();
    const image = input("image", "f32", [1, 3, TINY_ENCODER.imageSize, TINY_ENCODER.imageSize]);
    vitEncoder(new Scope(trace), { image }, TINY_ENCODER);
    const drawn = [...trace.parameters.values()].map(
      (parameter) => [parameter.name, initialValues({ ...parameter, seed: 5 })] as const,
    );
    await writeSafetensors(weights, drawn, { metadata: { config: JSON.stringify(TINY_ENCODER) } });
    return new TinyClassifier(root, weights);
  }

  /** Writes a dataset of 32 records, 16 of them to train on, or as said. */
  dataset(name: string, options: Partial<LabelledSetOptions> = {}): Promise<string> {
    return writeLabelledSet({
      ...{ folder: join(this.root, name), count: 32, side: TINY_ENCODER.imageSize },
      ...{ describe: bothLabels, ...options },
    });
  }

  /** Three updates of eight records by plain SGD, or as said. */
  config(data: string, changes: ClassifyChanges = {}): ClassifyConfig {
    const { run, model, train, data: reading } = CLASSIFY_DEFAULTS;
    const sgd = { optimizer: "sgd", weightDecay: 0, layerDecay: 1, momentum: 0 } as const;
    return {
      run: { ...run, data, weights: this.weights, ...changes.run },
      model: { ...model, ...changes.model },
      train: {
        ...{ ...train, ...sgd, batch: 8, steps: 3, warmupSteps: 0, lr: 1e-2 },
        ...changes.train,
      },
      data: { ...reading, workers: 0, cropScale: [0.8, 1], ...changes.data },
      fidelity: { ...classifyColumn("corrected"), ...changes.fidelity },
    };
  }

  /** Runs to the end, in the folder of that name. */
  async run(config: ClassifyConfig, name: string): Promise<EndedRun> {
    const out = join(this.root, name);
    const notes: string[] = [];
    const result = await finetuneClassifier({
      ...{ out, config, configText: "{}\n", resume: false },
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.kind === "note") notes.push(event.text);
      },
      clock: () => 0,
      now: () => new Date(0),
    });
    return { ...result, out, notes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
