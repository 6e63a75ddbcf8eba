/** @file A file with a language model's weights, looked at before a runtime loads it. */

import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { systemErrorCode } from "../../util/atomic-file.ts";
import { ConfigError, describeError } from "../../util/errors.ts";
import { digestFile } from "../../util/sha256.ts";

/** What the first bytes of a GGUF file say: its name, and a version; then counts of tensors and of metadata, 8 bytes each. */
const MAGIC = "GGUF";
const HEADER_BYTES = 24;
const VERSIONS: ReadonlySet<number> = new Set([2, 3]);

/** How a file is named in records: its name, and the first twelve hex digits of its SHA-256. */
export async function nameGgufFile(path: string, signal?: AbortSignal): Promise<string> {
  await checkGgufFile(path);
  const digest = await digestFile(path, signal);
  return `${basename(path)} ${digest.slice(0, 12)}`;
}

/**
 * Refuses what is no GGUF file.
 * @throws {ConfigError}
 */
export async function checkGgufFile(path: string): Promise<void> {
  const problem = await problemOf(path);
  if (problem === undefined) return;
  throw new ConfigError(`Cannot load the model "${path}": ${problem}; expected a GGUF file`);
}

async function problemOf(path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isFile()) return "it is not a file";
    return headerProblem(await readHeader(path));
  } catch (error) {
    return systemErrorCode(error) === "ENOENT" ? "there is no such file" : describeError(error);
  }
}

async function readHeader(path: string): Promise<Buffer> {
  await using handle = await open(path, "r");
  const header = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0);
  return header.subarray(0, bytesRead);
}

function headerProblem(header: Buffer): string | undefined {
  if (header.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    return `its first bytes are not "${MAGIC}"`;
  }
  if (header.length < HEADER_BYTES) return `it ends after ${header.length} bytes`;
  const version = header.readUInt32LE(MAGIC.length);
  return VERSIONS.has(version) ? undefined : `its version is ${version}, not 2 or 3`;
}
