/** @file A run's lock: while `run.lock` stands and its process lives, no other run writes into the folder. */
import { link, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { systemErrorCode } from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";

/** The lock's name in the run's folder. */
export const LOCK_FILE = "run.lock";

/** Is it a lock, or what a kill left of one, rather than something of the run? */
export function isLockFile(name: string): boolean {
  return name === LOCK_FILE || name.startsWith(LOCK_FILE + CLAIM_ENDING);
}

/** Who holds a folder. */
interface Owner {
  readonly pid: number;
  /** When that process started, in the kernel's words; null where the platform does not say. It tells a number used again. */
  readonly started: string | null;
  /** When it took the lock, ISO 8601; for people only, since clocks jump. */
  readonly since: string;
}

const ownerSchema: z.ZodType<Owner> = z.object({
  pid: z.int().min(1),
  started: z.string().nullable(),
  since: z.string(),
});

/** How a folder is locked. */
export interface LockOptions {
  /** Told when a lock was taken over from a process that is gone. */
  readonly note: (text: string) => void;
  readonly now: () => Date;
  /** Permission bits before the umask. */
  readonly mode?: number;
  /** The lock's name in the folder; that of a run by default. */
  readonly name?: string;
}

/** What the name of a lock ends in that is about to replace a stale one. */
const CLAIM_ENDING = ".new";

/** Between two looks at a lock that another process may just be writing, or replacing. */
const LOOK_AGAIN_MS = 100;
const MAX_LOOKS = 20;

/**
 * Locks a run's folder for this process until it is disposed of. A lock whose process is gone, or whose process number now
 * belongs to another, is taken over. (Only processes of this machine can be judged: the lock of a run on another machine, or in
 * another container, that shares the disk looks like one that is gone.)
 * @throws {ConfigError} when another run holds the folder, the lock cannot be read, or the disk refuses
 */
export async function lockRun(
  folder: string,
  { note, now, mode = 0o666, name = LOCK_FILE }: LockOptions,
): Promise<AsyncDisposable> {
  const file = join(folder, name);
  const owner: Owner = {
    pid: process.pid,
    started: (await processStatus(process.pid))?.started ?? null,
    since: now().toISOString(),
  };
  const text = `${JSON.stringify(owner)}\n`;
  const lock: NewLock = { text, mode };
  while (!(await create(file, lock))) {
    const stale = await requireStale(folder, name);
    if (stale === undefined) continue; // its owner has just left
    if (!(await replace(file, stale.text, lock))) continue; // another process was faster
    note(`"${folder}": took over the lock of process ${stale.pid}, which has ended`);
    break;
  }
  return {
    [Symbol.asyncDispose]: async () => {
      // A lock that stays behind is known by its process for what it is: nothing to fail for.
      const standing = await readFile(file, "utf8").catch(() => undefined);
      if (standing === text) await rm(file, { force: true }).catch(() => undefined);
    },
  };
}

/** @throws {ConfigError} when a living run holds the folder, or its lock cannot be read */
export async function requireUnlocked(folder: string): Promise<void> {
  await requireStale(folder, LOCK_FILE);
}

/** What a new lock is made of. */
interface NewLock {
  readonly text: string;
  readonly mode: number;
}

/** Writes a lock where there is none. */
async function create(file: string, { text, mode }: NewLock): Promise<boolean> {
  const refuse = (error: unknown): never => {
    throw new ConfigError(`Cannot write the lock "${file}": ${describeError(error)}`, {
      cause: error,
    });
  };
  const handle = await open(file, "wx", mode).catch((error: unknown) => {
    if (systemErrorCode(error) === "EEXIST") return undefined;
    return refuse(error);
  });
  if (handle === undefined) return false;
  try {
    await handle.writeFile(text);
  } catch (error) {
    await rm(file, { force: true }).catch(() => undefined); // the first error says more
    refuse(error);
  } finally {
    await handle.close();
  }
  return true;
}

/** A lock as it was found. */
interface FoundLock extends Owner {
  readonly text: string;
}

/** The lock that stands, if its process is gone; undefined when none stands. */
async function requireStale(folder: string, name: string): Promise<FoundLock | undefined> {
  const file = join(folder, name);
  let found = await read(file);
  if (typeof found === "string") {
    await delay(LOOK_AGAIN_MS);
    found = await read(file);
  }
  if (found === undefined) return undefined;
  if (typeof found === "string") {
    throw new ConfigError(
      `Cannot use "${folder}": its lock "${file}" cannot be understood (${found}), so another run may be using it; ` +
        "delete that file if none is",
    );
  }
  if (!(await isAlive(found))) return found;
  const whose = found.pid === process.pid ? "this process" : `process ${found.pid}`;
  throw new ConfigError(
    `Cannot use "${folder}": a run of ${whose} has been using it since ${found.since}; ` +
      `wait for its end or choose another folder (delete "${file}" only if that process is something else)`,
  );
}

/** A lock; undefined when there is none, a string when it is not what a lock should be. */
async function read(file: string): Promise<FoundLock | string | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const isAbsent = ["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "");
    return isAbsent ? undefined : describeError(error);
  }
  const owner = ownerSchema.safeParse(tryParseJson(text)?.value);
  return owner.success ? { ...owner.data, text } : "it does not name a process";
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be asked, but is there.
    if (systemErrorCode(error) !== "EPERM") return false;
  }
  const found = await processStatus(pid);
  if (found === undefined) return true;
  return !found.hasEnded && (started === null || found.started === started);
}

/** What the kernel says about a process; undefined where there is no /proc. */
interface ProcessStatus {
  /** Ticks since the machine started, and which start of the machine that was. */
  readonly started: string;
  /** Is it only waiting for its parent to notice its end? */
  readonly hasEnded: boolean;
}

async function processStatus(pid: number): Promise<ProcessStatus | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    // "pid (name) state …": the name may hold anything, so fields are counted after it. The start is the 22nd of all.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const state = fields[3 - 3] ?? "";
    return { started: `${fields[22 - 3]} ${boot.slice(0, 8)}`, hasEnded: /^[ZX]$/.test(state) };
  } catch {
    return undefined;
  }
}

/**
 * Replaces a stale lock; false when it was no longer the one that was judged. Of several processes that judged the same lock only
 * the one that could create the claim may replace it, and by the renaming the claim goes at the very moment when the lock comes.
 * A claim that a kill has left behind names a process that is gone, and is cleared away.
 */
async function replace(file: string, judged: string, lock: NewLock): Promise<boolean> {
  const claim = `${file}${CLAIM_ENDING}`;
  for (let look = 1; !(await create(claim, lock)); look++) {
    if (await clearClaim(claim)) continue;
    if (look === MAX_LOOKS) {
      throw new ConfigError(
        `Cannot take over the lock "${file}": another process has been about to for ${(MAX_LOOKS * LOOK_AGAIN_MS) / 1000} s; delete "${claim}" if none is`,
      );
    }
    await delay(LOOK_AGAIN_MS);
  }
  // From here on the claim is either renamed or removed, never both: after the renaming the next one may stand in its place.
  const standing = await readFile(file, "utf8").catch(() => undefined);
  if (standing === judged) {
    await rename(claim, file).catch(async (error: unknown) => {
      if (systemErrorCode(error) === "ENOENT") return; // somebody cleared it away: what stands decides
      await rm(claim, { force: true }).catch(() => undefined);
      throw new ConfigError(`Cannot take over the lock "${file}": ${describeError(error)}`, {
        cause: error,
      });
    });
    return (await readFile(file, "utf8").catch(() => undefined)) === lock.text;
  }
  await rm(claim, { force: true });
  return false;
}

/**
 * Clears a claim away whose process is gone. It is moved aside first, so that of several processes one gets it, and put back if it was
 * another one by then.
 */
async function clearClaim(claim: string): Promise<boolean> {
  const found = await read(claim);
  if (typeof found !== "object" || (await isAlive(found))) return false;
  const aside = `${claim}.${process.pid}`;
  try {
    await rename(claim, aside);
  } catch {
    return false; // another process was faster
  }
  const moved = await readFile(aside, "utf8").catch(() => undefined);
  if (moved !== found.text) await link(aside, claim).catch(() => undefined);
  await rm(aside, { force: true });
  return moved === found.text;
}
