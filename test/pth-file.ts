/** @file Writes small PyTorch files as `torch.save` does, of both forms, so that tests need no Python; and damaged ones. */
import crc32 from "crc-32";

/** A tensor to be saved: a view of f32 elements. */
export interface SavedTensor {
  readonly storage: Float32Array;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  /** The global that builds it; another one than PyTorch's makes a file that must be refused. */
  readonly rebuild: readonly [module: string, name: string];
}

/** What can be saved. */
export type Saved =
  | null
  | boolean
  | number
  | string
  | SavedTensor
  | readonly Saved[]
  | { readonly [key: string]: Saved };

const REBUILD = ["torch._utils", "_rebuild_tensor_v2"] as const;

/** A tensor whose elements lie one after another, unless `view` says otherwise. */
export function savedTensor(
  shape: readonly number[],
  values: ArrayLike<number> | ((index: number) => number),
  view: Partial<Pick<SavedTensor, "strides" | "offset" | "rebuild">> = {},
): SavedTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const storage =
    typeof values === "function"
      ? Float32Array.from({ length: size }, (_, index) => values(index))
      : Float32Array.from(values);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  return { storage, shape, strides, offset: 0, rebuild: REBUILD, ...view };
}

/** Pickles values in protocol 2 and gathers the storages that they refer to. */
class Pickler {
  readonly storages: Float32Array[] = [];
  readonly #parts: Buffer[] = [Buffer.from([0x80, 2])];
  /** In legacy files persistent ids end with the view of the storage, which is None. */
  readonly #isLegacy: boolean;

  constructor(isLegacy: boolean) {
    this.#isLegacy = isLegacy;
  }

  #code(text: string): void {
    this.#parts.push(Buffer.from(text, "latin1"));
  }

  #int32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    this.#parts.push(Buffer.from("J"), bytes);
  }

  #text(value: string): void {
    const utf8 = Buffer.from(value, "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32LE(utf8.length);
    this.#parts.push(Buffer.from("X"), length, utf8);
  }

  #tuple(write: () => void): void {
    this.#code("(");
    write();
    this.#code("t");
  }

  #keyOf(storage: Float32Array): string {
    if (!this.storages.includes(storage)) this.storages.push(storage);
    return String(this.storages.indexOf(storage));
  }

  #tensor({ storage, shape, strides, offset, rebuild }: SavedTensor): void {
    this.#code(`c${rebuild[0]}\n${rebuild[1]}\n`);
    this.#tuple(() => {
      this.#tuple(() => {
        this.#text("storage");
        this.#code("ctorch\nFloatStorage\n");
        this.#text(this.#keyOf(storage));
        this.#text("cpu");
        this.#int32(storage.length);
        if (this.#isLegacy) this.#code("N");
      });
      this.#code("Q");
      this.#int32(offset);
      for (const numbers of [shape, strides]) {
        this.#tuple(() => {
          for (const number of numbers) this.#int32(number);
        });
      }
      this.#code("\x89ccollections\nOrderedDict\n)R");
    });
    this.#code("R");
  }

  value(saved: Saved): void {
    if (saved === null) this.#code("N");
    else if (typeof saved === "boolean") this.#code(saved ? "\x88" : "\x89");
    else if (typeof saved === "number") this.#int32(saved);
    else if (typeof saved === "string") this.#text(saved);
    else if (isTensor(saved)) this.#tensor(saved);
    else if (isList(saved)) {
      this.#code("](");
      for (const one of saved) this.value(one);
      this.#code("e");
    } else {
      this.#code("}(");
      for (const [key, one] of Object.entries(saved)) {
        this.#text(key);
        this.value(one);
      }
      this.#code("u");
    }
  }

  finish(): Buffer {
    return Buffer.concat([...this.#parts, Buffer.from(".")]);
  }
}

const isList = (saved: Saved): saved is readonly Saved[] => Array.isArray(saved);

const isTensor = (saved: Saved): saved is SavedTensor =>
  typeof saved === "object" && saved !== null && "storage" in saved && "strides" in saved;

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** An entry of a zip; `method` 0 is "stored". */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Buffer;
  readonly method?: number;
}

/** The flag by which names are in UTF-8, as PyTorch sets it. */
const UTF8_NAMES = 0x0800;

function localHeader({ name, bytes, method = 0 }: ZipEntry): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(UTF8_NAMES, 6);
  header.writeUInt16LE(method, 8);
  header.writeInt32LE(crc32.buf(bytes), 14);
  header.writeUInt32LE(bytes.length, 18);
  header.writeUInt32LE(bytes.length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name)]);
}

function centralHeader({ name, bytes, method = 0 }: ZipEntry, offset: number): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(UTF8_NAMES, 8);
  header.writeUInt16LE(method, 10);
  header.writeInt32LE(crc32.buf(bytes), 16);
  header.writeUInt32LE(bytes.length, 20);
  header.writeUInt32LE(bytes.length, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, Buffer.from(name)]);
}

/** A zip of entries. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    directory.push(centralHeader(entry, offset));
    const local = localHeader(entry);
    parts.push(local, entry.bytes);
    offset += local.length + entry.bytes.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** The entries of a file that `torch.save` writes now. */
export function checkpointEntries(saved: Saved): readonly ZipEntry[] {
  const pickler = new Pickler(false);
  pickler.value(saved);
  return [
    { name: "archive/data.pkl", bytes: pickler.finish() },
    { name: "archive/byteorder", bytes: Buffer.from("little") },
    ...pickler.storages.map((storage, key) => ({
      name: `archive/data/${key}`,
      bytes: bytesOf(storage),
    })),
    { name: "archive/version", bytes: Buffer.from("3\n") },
  ];
}

/** A file as `torch.save` writes it now. */
export const zipCheckpoint = (saved: Saved): Buffer => zipOf(checkpointEntries(saved));

/** A file as `torch.save` wrote it before 1.6. */
export function legacyCheckpoint(saved: Saved): Buffer {
  const magic = Buffer.from("80028a0a6cfc9c46f9206aa850192e", "hex");
  const version = Buffer.from("80024de9032e", "hex");
  const system = new Pickler(true);
  system.value({ little_endian: true, protocol_version: 1001 });
  const value = new Pickler(true);
  value.value(saved);
  const keys = new Pickler(true);
  keys.value(value.storages.map((_, key) => String(key)));
  const storages = value.storages.map((storage) => {
    const count = Buffer.alloc(8);
    count.writeBigInt64LE(BigInt(storage.length));
    return Buffer.concat([count, bytesOf(storage)]);
  });
  return Buffer.concat([
    ...[magic, version, system.finish(), value.finish(), keys.finish()],
    ...storages,
  ]);
}
