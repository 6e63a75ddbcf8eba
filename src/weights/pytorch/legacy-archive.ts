/**
 * @file A PyTorch file in the form that `torch.save` wrote before 1.6: five pickles (a magic number, the version, the system,
 * the value, the storages' keys), then for each key a count of 64 bits and the elements.
 */

import { readFully } from "../read-range.ts";
import { refuseFile } from "../refuse-file.ts";
import { FILE_BYTES } from "../safetensors-types.ts";
import {
  type Archive,
  type ArchiveSource,
  refusingPickles,
  storageBytes,
  storagesOf,
} from "./archive.ts";
import { PickleBudget } from "./pickle-budget.ts";
import { type Pickled, PickleEnds, type StorageReference } from "./pickled.ts";
import { MAX_PICKLE_BYTES, unpickle } from "./unpickle.ts";

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
const PICKLES = 5;

/** Bytes that are read at first, in which the pickles of most files end. */
const FIRST_BYTES = 2 ** 20;

const COUNT_BYTES = 8;

interface Pickles {
  readonly values: readonly Pickled[];
  /** The byte after the last. */
  readonly end: number;
}

/** All five pickles, or undefined where the bytes end before they do. A file of another kind is refused at the first. */
function readPickles(file: string, bytes: Uint8Array): Pickles | undefined {
  const values: Pickled[] = [];
  const budget = new PickleBudget();
  let end = 0;
  try {
    while (values.length < PICKLES) {
      const { value, end: next } = unpickle(bytes, end, budget);
      values.push(value);
      end = next;
      requirePreamble(file, values);
    }
  } catch (error) {
    if (error instanceof PickleEnds) return undefined;
    throw error;
  }
  return { values, end };
}

function requirePreamble(file: string, [magic, version, system]: readonly Pickled[]): void {
  if (magic !== MAGIC) {
    refuseFile(file, "it is a pickle, but not one that torch.save wrote; nothing was executed");
  }
  if (version !== undefined && version !== VERSION) {
    refuseFile(file, `its version is ${String(version)}, expected ${VERSION}`);
  }
  if (system instanceof Map && system.get("little_endian") === false) {
    refuseFile(file, "its numbers are big-endian");
  }
}

/** Reads more and more of the file until the pickles end within it. */
async function findPickles({ file, handle, fileBytes }: ArchiveSource): Promise<Pickles> {
  const limit = Math.min(fileBytes, MAX_PICKLE_BYTES);
  for (let length = Math.min(FIRST_BYTES, limit); ; length = Math.min(8 * length, limit)) {
    const bytes = new Uint8Array(length);
    await readFully(handle, bytes, 0);
    const pickles = refusingPickles(file, () => readPickles(file, bytes));
    if (pickles !== undefined) return pickles;
    if (length < limit) continue;
    refuseFile(
      file,
      limit < fileBytes
        ? `its pickles do not end within ${limit} bytes`
        : "it is a PyTorch file that ends within its pickles; it is truncated",
    );
  }
}

async function readCount({ handle }: ArchiveSource, position: number): Promise<bigint> {
  const bytes = new Uint8Array(COUNT_BYTES);
  const found = await readFully(handle, bytes, position);
  return found < COUNT_BYTES ? -1n : new DataView(bytes.buffer).getBigInt64(0, true);
}

/** Walks over the storages and notes where each one's elements begin. */
async function locateStorages(
  source: ArchiveSource,
  {
    storages,
    keys,
    start,
  }: {
    readonly storages: ReadonlyMap<string, StorageReference>;
    readonly keys: readonly Pickled[];
    readonly start: number;
  },
): Promise<ReadonlyMap<string, number>> {
  const { file, fileBytes } = source;
  const places = new Map<string, number>();
  let position = start;
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (storage === undefined || places.has(storage.key)) {
      refuseFile(file, "its list of storages names one that no tensor uses, or one of them twice");
    }
    const count = await readCount(source, position);
    const end = position + COUNT_BYTES + storageBytes(storage);
    if (end > fileBytes) {
      refuseFile(file, `its storage "${storage.key}" reaches beyond its end; it is truncated`);
    }
    if (count !== BigInt(storage.count)) {
      refuseFile(
        file,
        `its storage "${storage.key}" has ${count} elements of ${FILE_BYTES[storage.type]} bytes, expected ${storage.count}`,
      );
    }
    places.set(storage.key, position + COUNT_BYTES);
    position = end;
  }
  return places;
}

/**
 * Reads the pickles and finds every storage.
 * @throws {WeightsError} when the file is truncated, another kind of pickle, or refused
 */
export async function openLegacyArchive(source: ArchiveSource): Promise<Archive> {
  const { file } = source;
  const { values, end } = await findPickles(source);
  const [, , , value = null, keys] = values;
  const storages = storagesOf(file, value);
  if (!Array.isArray(keys)) refuseFile(file, "its list of storages is not a list");
  const places = await locateStorages(source, { storages, keys, start: end });
  for (const key of storages.keys()) {
    if (!places.has(key)) refuseFile(file, `its storage "${key}" is missing`);
  }
  return {
    value,
    placeOf: async ({ key }) =>
      places.get(key) ?? refuseFile(file, `its storage "${key}" is missing`),
  };
}
