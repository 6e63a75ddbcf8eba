import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { buildInto } from "../../test/built-project.ts";
import { createLoader } from "./loader.ts";

const run = promisify(execFile);
const root = await mkdtemp(join(tmpdir(), "loader-built-"));
after(() => rm(root, { recursive: true, force: true }));

const JOB = `
export const openJob = async (factor) => ({
  fields: { value: { dtype: "i32", shape: [] } },
  write: async ({ record, epoch }, { value }) => { value[0] = record * factor + epoch; },
  identify: async (record) => String(record),
  [Symbol.asyncDispose]: async () => {},
});
`;

const PROGRAM = `
import { createLoader } from "./dist/data/loader.js";
const module = new URL("./job.mjs", import.meta.url).href;
const found = [];
for (const workers of [0, 2]) {
  const loader = createLoader({ size: 7, batchSize: 2, seed: 3, job: { module, options: 10 }, workers });
  const values = [];
  for await (const { arrays } of loader.batches({ until: 6 })) values.push(...arrays.value.data);
  await loader[Symbol.asyncDispose]();
  found.push(values);
}
console.log(JSON.stringify(found));
`;

test("createLoader() runs built, in plain Node, and gives the same batches", async () => {
  await buildInto(root, ["data/loader.ts", "data/loader-worker.ts"]);
  await writeFile(join(root, "job.mjs"), JOB);
  await writeFile(join(root, "program.mjs"), PROGRAM);
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await run(process.execPath, [join(root, "program.mjs")], {
    env,
    cwd: tmpdir(),
  });
  const module = pathToFileURL(join(root, "job.mjs")).href;
  await using loader = createLoader<{ value: { dtype: "i32"; shape: readonly number[] } }>({
    size: 7,
    batchSize: 2,
    seed: 3,
    job: { module, options: 10 },
    workers: 1,
  });
  const values: number[] = [];
  for await (const { arrays } of loader.batches({ until: 6 })) values.push(...arrays.value.data);
  assert.deepEqual(JSON.parse(stdout), [values, values]);
});
