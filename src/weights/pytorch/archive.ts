/** @file What both forms of a PyTorch file come down to: a value, and the places of the storages that it refers to. */
import type { FileHandle } from "node:fs/promises";
import { refuseFile } from "../refuse-file.ts";
import { FILE_BYTES } from "../safetensors-types.ts";
import { hasKind, type Pickled, PickleError, type StorageReference } from "./pickled.ts";

/** A file that is being read. */
export interface ArchiveSource {
  readonly file: string;
  readonly handle: FileHandle;
  readonly fileBytes: number;
}

/** A file's content. */
export interface Archive {
  readonly value: Pickled;
  /** The byte of the file at which a storage's first element lies. */
  readonly placeOf: (storage: StorageReference) => Promise<number>;
}

/** Runs what reads a pickle, and says of which file a fault is. */
export function refusingPickles<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PickleError) refuseFile(file, error.message, error);
    throw error;
  }
}

/** Bytes that a storage takes. */
export const storageBytes = ({ type, count }: StorageReference): number => count * FILE_BYTES[type];

/** Every storage that tensors of a value look into, by its key. Shared parts are visited once, however often they occur. */
export function storagesOf(file: string, root: Pickled): ReadonlyMap<string, StorageReference> {
  const storages = new Map<string, StorageReference>();
  const seen = new Set<Pickled>();
  const waiting: Pickled[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (Array.isArray(value)) for (const one of value) waiting.push(one);
    else if (value instanceof Map) for (const one of value.values()) waiting.push(one);
    else if (hasKind(value, "namespace")) waiting.push(value.values);
    else if (hasKind(value, "tensor")) waiting.push(value.storage);
    else if (hasKind(value, "storage")) addStorage(file, storages, value);
  }
  return storages;
}

function addStorage(
  file: string,
  storages: Map<string, StorageReference>,
  storage: StorageReference,
): void {
  const before = storages.get(storage.key);
  if (before !== undefined && (before.type !== storage.type || before.count !== storage.count)) {
    refuseFile(file, `its pickle describes storage "${storage.key}" in two ways`);
  }
  storages.set(storage.key, storage);
}
