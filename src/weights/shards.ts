/** @file Weights in several safetensors files, with an index in JSON that says which tensor lies in which (`*.safetensors.index.json`). */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { tryParseJson } from "../util/jsonl.ts";
import type { NdArray } from "../util/nd-array.ts";
import { refuseFile, refuseTensor } from "./refuse-file.ts";
import { openSafetensors, type SafetensorsFile } from "./safetensors.ts";
import type { BesideTensors, StoredTensor, WeightsFile } from "./weights-file.ts";

/** A longer index is refused: it has a line for each tensor. */
const MAX_INDEX_BYTES = 100_000_000;

/** Each shard is an open file. */
const MAX_SHARDS = 512;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** A name in the index's own folder; anything else could reach files that nobody meant. */
const SHARD_NAME = /^[^/\\:\0]+\.safetensors$/;

class Shards implements WeightsFile {
  readonly file: string;
  readonly format = "safetensors-shards";
  readonly names: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly beside: readonly BesideTensors[];
  readonly mode: number;
  readonly #shards: readonly SafetensorsFile[];
  readonly #shardOf: ReadonlyMap<string, SafetensorsFile>;

  constructor(
    { file, mode }: IndexFile,
    opened: ReadonlyMap<string, SafetensorsFile>,
    map: TensorMap,
  ) {
    this.file = file;
    this.names = [...map.keys()];
    this.#shards = [...opened.values()];
    this.mode = this.#shards.reduce((bits, shard) => bits & shard.mode, mode);
    this.metadata = Object.assign({}, ...this.#shards.map(({ metadata }) => metadata));
    const held = new Map([...opened].map(([name, { names }]) => [name, new Set(names)]));
    const shardOf = new Map<string, SafetensorsFile>();
    for (const [name, shardName] of map) {
      const shard = opened.get(shardName);
      if (shard === undefined || held.get(shardName)?.has(name) !== true) {
        refuseFile(file, `"${name}" should be in "${shardName}", which holds none of that name`);
      }
      shardOf.set(name, shard);
    }
    this.#shardOf = shardOf;
    this.beside = [...opened].flatMap(([shardName, { names }]) =>
      names
        .filter((name) => map.get(name) !== shardName)
        .map((name) => ({ name, what: `tensor of ${shardName} that the index does not name` })),
    );
  }

  #shard(name: string): SafetensorsFile {
    const shard = this.#shardOf.get(name);
    if (shard === undefined) {
      refuseTensor(this.file, name, `there is none of that name among its ${this.names.length}`);
    }
    return shard;
  }

  info(name: string): StoredTensor {
    return this.#shard(name).info(name);
  }

  async read(name: string): Promise<NdArray> {
    return this.#shard(name).read(name);
  }

  async readBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#shard(name).readBytes(name);
  }

  async close(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** An index, as it was found. */
export interface IndexFile {
  readonly file: string;
  /** Its length. */
  readonly fileBytes: number;
  /** See `WeightsFile`. */
  readonly mode: number;
}

/** Tensor → the shard that holds it. */
type TensorMap = ReadonlyMap<string, string>;

async function readIndex({ file, fileBytes }: IndexFile): Promise<TensorMap> {
  if (fileBytes > MAX_INDEX_BYTES) {
    refuseFile(file, `it is JSON of ${fileBytes} bytes, at most ${MAX_INDEX_BYTES} are expected`);
  }
  const parsed = indexSchema.safeParse(tryParseJson(await readFile(file, "utf8"))?.value);
  if (!parsed.success) {
    refuseFile(
      file,
      "it is JSON, but no index of shards: expected a weight_map from names to files",
    );
  }
  const map = new Map(Object.entries(parsed.data.weight_map));
  for (const shard of new Set(map.values())) {
    if (!SHARD_NAME.test(shard)) {
      refuseFile(file, `it names the shard "${shard}", expected a .safetensors file beside it`);
    }
  }
  return map;
}

/**
 * Opens every shard of an index and checks that each holds what the index says.
 * @throws {WeightsError} when the index is damaged, a shard is missing or damaged, or a tensor is not where it should be
 */
export async function openShards(index: IndexFile): Promise<WeightsFile> {
  const { file } = index;
  const map = await readIndex(index);
  const shardNames = [...new Set(map.values())].sort();
  if (shardNames.length === 0 || shardNames.length > MAX_SHARDS) {
    refuseFile(file, `it names ${shardNames.length} shards, expected 1 to ${MAX_SHARDS}`);
  }
  const opened = new Map<string, SafetensorsFile>();
  try {
    for (const name of shardNames)
      opened.set(name, await openSafetensors(join(dirname(file), name)));
    return new Shards(index, opened, map);
  } catch (error) {
    await Promise.all([...opened.values()].map((shard) => shard.close()));
    throw error;
  }
}
