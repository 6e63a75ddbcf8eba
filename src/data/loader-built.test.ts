import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { createLoader } from "./loader.ts";

const run = promisify(execFile);
const project = fileURLToPath(new URL("../../", import.meta.url));
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

/** Builds what the loader is made of, with the project's own build settings, into the folder. */
async function build(): Promise<void> {
  const configuration = {
    extends: join(project, "tsconfig.build.json"),
    compilerOptions: {
      outDir: join(root, "dist"),
      rootDir: join(project, "src"),
      typeRoots: [join(project, "node_modules", "@types")],
    },
    files: ["loader.ts", "loader-worker.ts"].map((name) => join(project, "src", "data", name)),
    include: [],
  };
  await writeFile(join(root, "tsconfig.json"), JSON.stringify(configuration));
  const compiler = join(project, "node_modules", "typescript", "bin", "tsc");
  await run(process.execPath, [compiler, "-p", join(root, "tsconfig.json")]);
}

test("createLoader() runs built, in plain Node, and gives the same batches", async () => {
  await build();
  await symlink(join(project, "node_modules"), join(root, "node_modules"), "junction");
  await writeFile(join(root, "package.json"), '{"type":"module"}');
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
