/** @file A PyTorch file in zip form, as `torch.save` has written it since 1.6: `<prefix>/data.pkl` and `<prefix>/data/<key>`. */
import { type Entry, fromFdPromise, type ZipFile } from "yauzl";
import { describeError } from "../../util/errors.ts";
import { readFully } from "../read-range.ts";
import { refuseFile } from "../refuse-file.ts";
import {
  type Archive,
  type ArchiveSource,
  refusingPickles,
  storageBytes,
  storagesOf,
} from "./archive.ts";
import type { StorageReference } from "./pickled.ts";
import { MAX_PICKLE_BYTES, unpickle } from "./unpickle.ts";

const PICKLE = "/data.pkl";

/** A checkpoint has an entry for each storage. */
const MAX_ENTRIES = 200_000;

type Entries = ReadonlyMap<string, Entry>;

/** The central directory: names, places and lengths, each of them the file's own claim. */
async function readDirectory({ file, handle }: ArchiveSource): Promise<{
  readonly zip: ZipFile;
  readonly entries: Entries;
}> {
  const refuseDamaged = (error: unknown): never =>
    refuseFile(
      file,
      `it begins as a zip and is damaged or truncated (${describeError(error)})`,
      error,
    );
  // The descriptor stays the handle's: the library does not close it.
  const options = { lazyEntries: true, autoClose: false } as const;
  const zip = await fromFdPromise(handle.fd, options).catch(refuseDamaged);
  if (zip.entryCount > MAX_ENTRIES) {
    refuseFile(file, `it is a zip of ${zip.entryCount} entries, at most ${MAX_ENTRIES} allowed`);
  }
  const found: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) found.push(entry);
  } catch (error) {
    refuseDamaged(error);
  }
  const entries = new Map<string, Entry>();
  for (const entry of found) {
    if (entries.has(entry.fileName)) refuseFile(file, `it has two entries "${entry.fileName}"`);
    entries.set(entry.fileName, entry);
  }
  return { zip, entries };
}

/** Where an entry's bytes begin, once it is known that all of them lie in the file as they are. */
async function entryStart(
  { file, fileBytes }: ArchiveSource,
  zip: ZipFile,
  entry: Entry,
): Promise<number> {
  const { fileName, compressionMethod, uncompressedSize } = entry;
  if (compressionMethod !== 0 || entry.isEncrypted()) {
    refuseFile(
      file,
      `its entry "${fileName}" is compressed or encrypted, which torch.save does not do; pack it again without compression`,
    );
  }
  const { fileDataStart } = await zip
    .readLocalFileHeaderPromise(entry, { minimal: true })
    .catch((error: unknown) =>
      refuseFile(file, `its entry "${fileName}" is damaged (${describeError(error)})`, error),
    );
  if (!(fileDataStart + uncompressedSize <= fileBytes)) {
    refuseFile(file, `its entry "${fileName}" reaches beyond the end of the file`);
  }
  return fileDataStart;
}

async function readEntry(
  source: ArchiveSource,
  {
    zip,
    entry,
    maxBytes,
  }: { readonly zip: ZipFile; readonly entry: Entry; readonly maxBytes: number },
): Promise<Uint8Array> {
  const { fileName, uncompressedSize } = entry;
  if (uncompressedSize > maxBytes) {
    refuseFile(
      source.file,
      `its entry "${fileName}" has ${uncompressedSize} bytes, at most ${maxBytes} are expected`,
    );
  }
  const start = await entryStart(source, zip, entry);
  const bytes = new Uint8Array(uncompressedSize);
  await readFully(source.handle, bytes, start);
  return bytes;
}

/** The folder that everything lies in. */
function prefixOf(file: string, entries: Entries): string {
  const pickles = [...entries.keys()].filter((name) => name.endsWith(PICKLE));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) {
    refuseFile(
      file,
      `it is a zip with ${pickles.length === 0 ? "no" : pickles.length} data.pkl among its ${entries.size} entries, not a PyTorch file`,
    );
  }
  const prefix = pickle.slice(0, -PICKLE.length);
  if (entries.has(`${prefix}/constants.pkl`)) {
    refuseFile(
      file,
      "it is a TorchScript program, expected saved tensors; save its state_dict() instead",
    );
  }
  return prefix;
}

function requireStorage(file: string, entry: Entry | undefined, storage: StorageReference): Entry {
  const expected = storageBytes(storage);
  if (entry === undefined) refuseFile(file, `its storage "${storage.key}" is missing`);
  if (entry.uncompressedSize !== expected) {
    refuseFile(
      file,
      `its storage "${storage.key}" has ${entry.uncompressedSize} bytes, expected ${expected}`,
    );
  }
  return entry;
}

/**
 * Reads the directory and the pickle, and checks that every storage is there as long as tensors take it to be.
 * @throws {WeightsError} when the file is damaged, another kind of zip, or its pickle is refused
 */
export async function openZipArchive(source: ArchiveSource): Promise<Archive> {
  const { file } = source;
  const { zip, entries } = await readDirectory(source);
  const prefix = prefixOf(file, entries);
  const order = entries.get(`${prefix}/byteorder`);
  if (order !== undefined) {
    const name = Buffer.from(await readEntry(source, { zip, entry: order, maxBytes: 16 }));
    if (name.toString("latin1") !== "little") refuseFile(file, "its numbers are big-endian");
  }
  const entry = entries.get(prefix + PICKLE);
  if (entry === undefined) refuseFile(file, "its data.pkl is missing");
  const pickle = await readEntry(source, { zip, entry, maxBytes: MAX_PICKLE_BYTES });
  const { value } = refusingPickles(file, () => unpickle(pickle));
  const entryOf = (storage: StorageReference): Entry =>
    requireStorage(file, entries.get(`${prefix}/data/${storage.key}`), storage);
  for (const storage of storagesOf(file, value).values()) entryOf(storage);
  return { value, placeOf: (storage) => entryStart(source, zip, entryOf(storage)) };
}
