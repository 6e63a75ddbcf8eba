/** @file Reads the arguments of a pickle's opcodes, never beyond its bytes. */
import { PickleEnds, PickleError } from "./pickled.ts";

/** An integer of more bytes than this is refused: turning it into a number takes time that grows with the square. */
const MAX_INTEGER_BYTES = 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true });
const latin1 = new TextDecoder("latin1");

/** A position in a pickle's bytes. Every read throws `PickleEnds` where the bytes end before it does. */
export class PickleCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position: number;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  #advance(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.length - start) {
      throw new PickleEnds(`its pickle ends within an instruction at byte ${start}`);
    }
    this.#position = start + length;
    return start;
  }

  uint8 = (): number => this.#view.getUint8(this.#advance(1));
  uint16 = (): number => this.#view.getUint16(this.#advance(2), true);
  int32 = (): number => this.#view.getInt32(this.#advance(4), true);
  uint32 = (): number => this.#view.getUint32(this.#advance(4), true);
  /** Lengths of 64 bits; as numbers, which is exact for any that a file can have. */
  uint64 = (): number => Number(this.#view.getBigUint64(this.#advance(8), true));
  /** The one big-endian number of the format. */
  float64 = (): number => this.#view.getFloat64(this.#advance(8), false);

  /** A copy of the next bytes. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  /** Text in UTF-8, in which Python writes lone surrogates too: such bytes become replacement characters. */
  text(length: number): string {
    const start = this.#advance(length);
    const bytes = this.#bytes.subarray(start, start + length);
    try {
      return utf8.decode(bytes);
    } catch {
      return new TextDecoder().decode(bytes);
    }
  }

  /** A string of Python 2, which has no encoding: one character for each byte. */
  byteText(length: number): string {
    const start = this.#advance(length);
    return latin1.decode(this.#bytes.subarray(start, start + length));
  }

  /** ASCII text up to the end of its line. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw new PickleEnds(`its pickle ends within a line at byte ${this.#position}`);
    const line = this.byteText(end - this.#position);
    this.#advance(1);
    return line;
  }

  /** An integer in two's complement. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) {
      throw new PickleError(`its pickle holds an integer of ${length} bytes`);
    }
    const digits = this.bytes(length).reverse();
    if (digits.length === 0) return 0;
    const magnitude = BigInt(`0x${Buffer.from(digits).toString("hex")}`);
    return smallest(BigInt.asIntN(8 * length, magnitude));
  }
}

/** A bigint as a number, where that is exact. */
function smallest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
