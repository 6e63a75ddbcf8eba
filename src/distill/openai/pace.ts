/** @file When the next request may be sent: so many a minute, and how long to wait after a failure. */
import { setTimeout as delay } from "node:timers/promises";

/** Time, so that a test need not wait for it. */
export interface Timing {
  /** Milliseconds since some fixed moment. */
  readonly now: () => number;
  /** Waits; rejects with the signal's reason when it is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The time of this machine. */
export const REAL_TIME: Timing = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  },
};

/** Lets requests through at an even pace. */
export class Pace {
  readonly #everyMs: number;
  readonly #timing: Timing;
  #next = Number.NEGATIVE_INFINITY;

  /** @param perMinute undefined for no limit */
  constructor(perMinute: number | undefined, timing: Timing) {
    this.#everyMs = perMinute === undefined ? 0 : 60_000 / perMinute;
    this.#timing = timing;
  }

  /** Waits for the next turn. */
  async turn(signal: AbortSignal): Promise<void> {
    if (this.#everyMs === 0) return;
    const now = this.#timing.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#everyMs;
    if (at > now) await this.#timing.sleep(at - now, signal);
  }
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** A server that asks for a longer wait than this is not waited for. */
export const LONGEST_ASKED_MS = 120_000;

/** How long to wait after the n-th failure, from 0: twice as long each time. */
export function backOffMs(failures: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
}

/** `Retry-After` in milliseconds: seconds, or a date; undefined where it says neither. */
export function retryAfterMs(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+(?:\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
