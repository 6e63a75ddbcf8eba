/** @file What the replay of one fixture kind takes and gives; `verify/fixture.ts` reads the folder, `verify/kinds/` replays. */
import type { Fixture } from "./fixture.ts";

/** One comparison: `error` passes when it is at most `tolerance` × slack. NaN never passes. */
export interface Finding {
  /** What was compared, such as `grad/cls_token` or `mim`. */
  readonly name: string;
  /** The measured difference, in the unit that the fixture's `tolerance` states. */
  readonly error: number;
  /** The fixture's own figure for it, before slack; 0 demands equality. */
  readonly tolerance: number;
}

/** What the person who verifies may choose. */
export interface ReplayOptions {
  /** The execution provider, such as `cpu`. */
  readonly device: string;
  /** Threads of the execution provider. */
  readonly threads: number;
  /** A vocabulary to use instead of the one beside the fixture. */
  readonly tokenizerFile?: string;
}

/** Replays a fixture of one kind and says how far every recorded number is from ours. */
export type Replay = (fixture: Fixture, options: ReplayOptions) => Promise<readonly Finding[]>;
