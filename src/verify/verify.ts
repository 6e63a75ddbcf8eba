/** @file Replays fixtures and decides which of their checks pass: the library behind `ecamp verify`. */
import { describeError, ManifestError } from "../util/errors.ts";
import { type Fixture, openFixture } from "./fixture.ts";
import { REPLAYS, type ReplayTable } from "./kinds/index.ts";
import type { Finding, Replay, ReplayOptions } from "./replay.ts";

/** One comparison with its verdict. */
export interface Check {
  readonly name: string;
  /** The measured difference; NaN where there is none to measure. */
  readonly error: number;
  /** The largest error that passes: the fixture's figure × slack. */
  readonly bound: number;
  readonly pass: boolean;
  /** The smallest slack with which it would pass: error / figure. 0 for equality, infinite where no slack helps. */
  readonly slackNeeded: number;
}

/** What became of one fixture. */
export interface FixtureResult {
  /** The folder, as it was given. */
  readonly fixture: string;
  readonly kind: string;
  /** Did every check pass, and was there one? */
  readonly pass: boolean;
  readonly checks: readonly Check[];
  /** What the replay threw, if it did; the only check then says so and fails. */
  readonly failure?: unknown;
}

/** How fixtures are verified. */
export interface VerifyOptions extends ReplayOptions {
  /** How many times the fixtures' figures an error may be: 4 by default, for kernels that round otherwise; 1 is strict. */
  readonly slack?: number;
}

const DEFAULT_SLACK = 4;

function checkOf({ name, error, tolerance }: Finding, slack: number): Check {
  const bound = tolerance * slack;
  const needed = error === 0 ? 0 : error / tolerance;
  const slackNeeded = Number.isNaN(needed) ? Number.POSITIVE_INFINITY : needed;
  return { name, error, bound, pass: error <= bound, slackNeeded };
}

/** A fixture and the replay of its kind. */
interface Prepared {
  readonly fixture: Fixture;
  readonly replay: Replay;
}

async function prepare(directory: string, replays: ReplayTable): Promise<Prepared> {
  const fixture = await openFixture(directory);
  const load = Object.hasOwn(replays, fixture.kind) ? replays[fixture.kind] : undefined;
  if (load === undefined) {
    throw new ManifestError(
      `Cannot replay fixture "${directory}": its kind is "${fixture.kind}", expected one of ${Object.keys(replays).join(", ")}`,
    );
  }
  return { fixture, replay: await load() };
}

async function verifyOne(
  { fixture, replay }: Prepared,
  { slack = DEFAULT_SLACK, ...options }: VerifyOptions,
): Promise<FixtureResult> {
  const { directory, kind } = fixture;
  try {
    const checks = (await replay(fixture, options)).map((finding) => checkOf(finding, slack));
    const pass = checks.length > 0 && checks.every((check) => check.pass);
    return { fixture: directory, kind, pass, checks };
  } catch (failure) {
    const name = `replay failed: ${describeError(failure)}`;
    const check = checkOf({ name, error: Number.NaN, tolerance: 0 }, slack);
    return { fixture: directory, kind, pass: false, checks: [check], failure };
  }
}

/**
 * Verifies fixtures one after another, giving each result as it is known. All folders are opened before the first is
 * replayed; a replay that throws fails its own fixture only.
 *
 * @param replays what can be replayed; every kind of this program by default
 * @throws {ManifestError} before the first result, when a folder is no fixture or of an unknown kind
 * @throws {RangeError} before the first result, when the slack is not a positive number
 */
export async function* verifyFixtures(
  directories: readonly string[],
  options: VerifyOptions,
  replays: ReplayTable = REPLAYS,
): AsyncGenerator<FixtureResult, void> {
  const { slack = DEFAULT_SLACK } = options;
  if (!(slack > 0 && slack < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot verify with slack ${slack}: expected a positive number`);
  }
  const prepared: Prepared[] = [];
  for (const directory of directories) prepared.push(await prepare(directory, replays));
  for (const one of prepared) yield await verifyOne(one, options);
}
