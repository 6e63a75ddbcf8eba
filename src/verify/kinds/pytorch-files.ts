/** @file Replays the `pytorch-files` fixture: checkpoints must give every recorded value, or be refused. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ManifestError, WeightsError } from "../../util/errors.ts";
import { sha256 } from "../../util/sha256.ts";
import { openWeights } from "../../weights/open-weights.ts";
import { type Checkpoint, openCheckpoint } from "../../weights/pytorch/pytorch-file.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { countFinding } from "../tolerance.ts";
import {
  type HashTensor,
  pickledLines,
  recordedLines,
  tensorLine,
} from "./pytorch-files-content.ts";

const fileSchema = z.object({
  bytes: z.int(),
  /** Every value that was saved. */
  content: z.unknown().optional(),
  /** The file whose `content` is this one's too. */
  sameContentAs: z.string().optional(),
  /** Must it be refused? */
  refuse: z.literal(true).optional(),
  /** Why it may be refused, too. */
  optional: z.string().optional(),
});

const fixtureSchema = z.object({ files: z.record(z.string(), fileSchema) });

type RecordedFile = z.infer<typeof fileSchema>;

/** What a file has to be compared with. */
interface Case extends RecordedFile {
  readonly name: string;
  readonly file: string;
}

/** Opens every file of the fixture, and reads every tensor of those that may be read. */
export const replayPyTorchFiles: Replay = async (fixture) => {
  const { files } = fixtureFields(fixture, fixtureSchema);
  const findings: Finding[] = [];
  for (const [name, recorded] of Object.entries(files)) {
    const content = contentOf(fixture, files, name);
    const one = { ...recorded, content, name, file: join(fixture.directory, name) };
    findings.push(
      countFinding(`${name} (bytes)`, Math.abs((await stat(one.file)).size - one.bytes)),
    );
    findings.push(await (one.refuse ? refusalFinding(one) : contentFinding(one)));
  }
  return findings;
};

/** What is recorded of a file; a safetensors file holds the values of the checkpoint of the same name. */
function contentOf(
  { directory }: Fixture,
  files: Readonly<Record<string, RecordedFile>>,
  name: string,
): unknown {
  const own = files[name];
  if (own?.refuse) return undefined;
  const other = own?.sameContentAs ?? name.replace(/\.safetensors$/, ".pth");
  const content = own?.content ?? files[other]?.content;
  if (content !== undefined) return content;
  throw new ManifestError(`Cannot replay "${join(directory, name)}": its content is not recorded`);
}

/** Is it refused, and in words of ours rather than by a crash? */
async function refusalFinding({ name, file }: Case): Promise<Finding> {
  return countFinding(`${name} (refused)`, (await isRefused(file)) ? 0 : 1);
}

async function isRefused(file: string): Promise<boolean> {
  try {
    const weights = await openWeights(file);
    await weights.close();
    return false;
  } catch (error) {
    if (error instanceof WeightsError) return true;
    throw error;
  }
}

async function contentFinding(one: Case): Promise<Finding> {
  const { name, file, content, optional } = one;
  if (optional !== undefined && (await isRefused(file))) return refusalFinding(one);
  const expected = new Set(recordedLines(content));
  const got = new Set(await linesOf(file));
  const differing = [...expected].filter((line) => !got.has(line));
  const surplus = [...got].filter((line) => !expected.has(line));
  return countFinding(name, differing.length + surplus.length);
}

async function linesOf(file: string): Promise<readonly string[]> {
  if (file.endsWith(".safetensors")) return safetensorsLines(file);
  await using checkpoint = await openCheckpoint(file);
  return await pickledLines(checkpoint.content, readerOf(checkpoint));
}

const readerOf =
  (checkpoint: Checkpoint): HashTensor =>
  async (view, name) =>
    sha256(await checkpoint.readTensor(view, name));

async function safetensorsLines(file: string): Promise<readonly string[]> {
  await using weights = await openWeights(file);
  const lines = [" = dictionary"];
  for (const name of weights.names) {
    const hash = sha256(await weights.readBytes(name));
    lines.push(tensorLine([name], weights.info(name), hash));
  }
  return lines;
}
