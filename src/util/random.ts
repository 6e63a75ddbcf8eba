/**
 * @file The one source of randomness: counter-based streams, so that a run is reproducible, seekable and the same for
 * any number of workers.
 *
 * A stream is a pure function of (seed, name, step): AES-128 in counter mode, its key the first 16 bytes of
 * SHA-256(seed, name), its counter the step (upper 64 bits) and the block (lower 64 bits).
 */
import { createCipheriv, createHash } from "node:crypto";

/** What a stream of random numbers is a function of. */
export interface StreamKey {
  /** The run's seed: an integer in 0 … 2^53 − 1. */
  readonly seed: number;
  /** What the numbers are for, such as `init/blocks.0.attn.qkv.weight` or `mask/<record>`. */
  readonly name: string;
  /** The step or epoch that they belong to; 0 where there is none. */
  readonly step?: number;
}

const CHUNK_BYTES = 4096;

function requireCount(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(
      `Cannot open a random stream: ${what} must be a whole number from 0, current value is ${value}`,
    );
  }
}

type CounterCipher = ReturnType<typeof createCipheriv>;

function openCipher({ seed, name, step = 0 }: StreamKey): CounterCipher {
  requireCount(seed, "seed");
  requireCount(step, "step");
  const key = createHash("sha256").update(`${seed}\0${name}`, "utf8").digest().subarray(0, 16);
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(step));
  return createCipheriv("aes-128-ctr", key, counter);
}

/** Draws from one stream, in order. */
export class RandomStream {
  readonly #cipher: CounterCipher;
  #words: Uint32Array = new Uint32Array(0);
  #next = 0;
  #spareNormal: number | undefined;

  constructor(key: StreamKey) {
    this.#cipher = openCipher(key);
  }

  /** A 32-bit unsigned integer. */
  bits(): number {
    if (this.#next === this.#words.length) {
      this.#words = this.words(CHUNK_BYTES / 4);
      this.#next = 0;
    }
    return this.#words[this.#next++] ?? 0;
  }

  /** A double in [0, 1) with 53 random bits (two words). */
  uniform(): number {
    const high = this.bits() >>> 5;
    const low = this.bits() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  /** A whole number in 0 … `bound` − 1. */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** A double in [`low`, `high`). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A standard normal draw (Box–Muller; the second of each pair is kept for the next call). */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** One of the values, each equally likely. */
  pick<T>(values: readonly T[]): T {
    const value = values[this.integer(values.length)];
    if (value === undefined) throw new RangeError("Cannot pick from an empty list");
    return value;
  }

  /** 0 … `count` − 1 in random order (Fisher–Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = kept;
    }
    return order;
  }

  /**
   * The next `count` words straight from the cipher, for bulk work. Words that `bits` had buffered but not given out are
   * not returned here: use either way on a stream, not both.
   */
  words(count: number): Uint32Array {
    const bytes = this.#cipher.update(Buffer.alloc(count * 4));
    return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + count * 4));
  }
}

/** Fills `out` with f32 numbers in [0, 1), multiples of 2^-24. */
export function fillUniform(out: Float32Array, key: StreamKey): void {
  const stream = new RandomStream(key);
  const chunk = 65_536;
  for (let start = 0; start < out.length; start += chunk) {
    const count = Math.min(chunk, out.length - start);
    const words = stream.words(count);
    for (let i = 0; i < count; i++) out[start + i] = ((words[i] ?? 0) >>> 8) / 16_777_216;
  }
}
