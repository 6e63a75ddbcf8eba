import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { areaOf, checkArchitecture, MAY_IMPORT, PACKAGE_OWNERS } from "../tools/architecture.ts";
import { projectFiles, ROOT } from "../tools/files.ts";
import { importsOf, withoutComments } from "../tools/source-imports.ts";

const HEADER = "/** @file A made-up file. */";

/** Checks made-up files; every text gets a header and every import a target. */
function check(files: Readonly<Record<string, string>>): string[] {
  const texts = Object.entries(files).map(([file, text]) => [file, `${HEADER}\n${text}`] as const);
  return checkArchitecture(new Map(texts));
}

/** Checks that one file may, or may not, import another. */
function checkEdge(from: string, to: string, statement = "import { x }"): string[] {
  const up = "../".repeat(from.split("/").length - 1);
  return check({ [from]: `${statement} from "${up}${to}";`, [to]: "export const x = 1;" });
}

test("the project keeps its own rules", () => {
  const paths = projectFiles(["src", "test", "tools", "bench", "studies", "examples"]);
  const sources = paths.filter((file) => file.endsWith(".ts"));
  assert.ok(sources.length > 50, `only ${sources.length} files were found`);
  const files = new Map(sources.map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
  assert.deepEqual(checkArchitecture(files), []);
});

test("the import table has no cycle, and every package of package.json has an owner", () => {
  const order: string[] = [];
  const visit = (area: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(area), `${[...trail, area].join(" -> ")}`);
    for (const below of MAY_IMPORT[area] ?? []) visit(below, [...trail, area]);
    order.push(area);
  };
  for (const area of Object.keys(MAY_IMPORT)) visit(area, []);
  const manifest: Record<"dependencies" | "peerDependencies", Record<string, string>> = JSON.parse(
    readFileSync(join(ROOT, "package.json"), "utf8"),
  );
  const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  assert.deepEqual(Object.keys(PACKAGE_OWNERS).sort(), packages.sort());
});

test("checkArchitecture() lets imports point downwards", () => {
  assert.deepEqual(checkEdge("src/model/vit.ts", "src/engine/ops/conv.ts"), []);
  assert.deepEqual(checkEdge("src/tasks/pretrain.ts", "src/data/loader.ts"), []);
  assert.deepEqual(checkEdge("src/cli/commands/x.ts", "src/verify/verify.ts"), []);
});

test("checkArchitecture() refuses imports that point upwards or sideways", () => {
  assert.deepEqual(checkEdge("src/engine/grad.ts", "src/engine/runtime/program.ts"), [
    "src/engine/grad.ts: engine may not import engine/runtime (src/engine/runtime/program.ts)",
  ]);
  assert.deepEqual(checkEdge("src/nn/linear.ts", "src/model/vit.ts", "import type { x }"), [
    "src/nn/linear.ts: nn may not import model (src/model/vit.ts)",
  ]);
  assert.deepEqual(checkEdge("src/util/a.ts", "src/cli/b.ts", "export { x }").length, 1);
  assert.deepEqual(checkEdge("src/text/a.ts", "src/image/b.ts").length, 1);
  assert.deepEqual(checkEdge("src/novel/a.ts", "src/util/b.ts"), [
    'src/novel/a.ts: the import table has no row for "novel"',
  ]);
  assert.match(checkEdge("src/util/a.ts", "test/reference/b.ts")[0] ?? "", /may not import test/);
});

test("checkArchitecture() sees dynamic imports, bare imports, workers and missing files", () => {
  for (const line of [
    'const a = await import("../data/b.ts");',
    'import "../data/b.ts";',
    'new Worker(new URL("../data/b.ts", import.meta.url));',
    'import {\n  a,\n} from "../data/b.ts";',
  ]) {
    const problems = check({ "src/text/a.ts": line, "src/data/b.ts": "" });
    assert.deepEqual(problems, ["src/text/a.ts: text may not import data (src/data/b.ts)"], line);
  }
  assert.deepEqual(check({ "src/text/a.ts": 'import "./gone.ts";' }), [
    'src/text/a.ts: imports "src/text/gone.ts", which is not there',
  ]);
});

test("checkArchitecture() lets recipes import types only, and nothing of Node's into pure code", () => {
  assert.deepEqual(checkEdge("src/recipes/a.ts", "src/model/b.ts", "import type { x }"), []);
  assert.equal(checkEdge("src/recipes/a.ts", "src/model/b.ts").length, 1);
  assert.deepEqual(check({ "src/nn/a.ts": 'import { readFile } from "node:fs/promises";' }), [
    "src/nn/a.ts: nn is pure and may not import node:fs/promises",
  ]);
  assert.deepEqual(check({ "src/util/a.ts": 'import { createHash } from "node:crypto";' }), []);
});

test("checkArchitecture() gives every package to its owners", () => {
  assert.deepEqual(check({ "src/image/a.ts": 'import sharp from "sharp";' }), []);
  assert.deepEqual(check({ "src/data/a.ts": 'import sharp from "sharp";' }), [
    "src/data/a.ts: only image may import sharp",
  ]);
  assert.deepEqual(
    check({ "src/engine/onnx/a.ts": 'import { x } from "@bufbuild/protobuf/wkt";' }),
    [],
  );
  assert.deepEqual(check({ "src/util/a.ts": 'import _ from "lodash";' }), [
    "src/util/a.ts: the package table has no row for lodash",
  ]);
  assert.deepEqual(check({ "src/util/a.test.ts": 'import fc from "fast-check";' }), []);
  assert.equal(check({ "src/util/a.ts": 'import fc from "fast-check";' }).length, 1);
});

test("checkArchitecture() finds cycles among files, but not among types", () => {
  const a = 'import { b } from "./b.ts";';
  assert.deepEqual(check({ "src/util/a.ts": a, "src/util/b.ts": 'import { a } from "./a.ts";' }), [
    "import cycle: src/util/a.ts -> src/util/b.ts -> src/util/a.ts",
  ]);
  const typed = 'import type { a } from "./a.ts";';
  assert.deepEqual(check({ "src/util/a.ts": a, "src/util/b.ts": typed }), []);
});

test("checkArchitecture() keeps the fidelities' names, randomness and environment in their places", () => {
  const names = 'export const mode = "published";';
  assert.equal(check({ "src/model/a.ts": names }).length, 1);
  assert.equal(check({ "src/model/a.ts": "const isCorrected = corrected;" }).length, 1);
  assert.deepEqual(check({ "src/recipes/a.ts": names, "src/verify/a.ts": names }), []);
  assert.deepEqual(check({ "src/model/a.ts": "// as published\n/* corrected */" }), []);
  assert.equal(check({ "src/util/a.ts": "const x = Math.random();" }).length, 1);
  assert.equal(check({ "src/util/a.ts": 'const x = process.env["HOME"];' }).length, 1);
  assert.deepEqual(check({ "src/cli/main.ts": 'const x = process.env["HOME"];' }), []);
});

test("checkArchitecture() asks for headers, short commands and reasons for skips", () => {
  const bare = new Map([["src/util/a.ts", "export const a = 1;"]]);
  assert.match(checkArchitecture(bare)[0] ?? "", /must begin with/);
  const multiline = new Map([["src/util/a.ts", "#!/usr/bin/env node\n/**\n * @file What.\n */\n"]]);
  assert.deepEqual(checkArchitecture(multiline), []);
  assert.deepEqual(check({ "src/cli/commands/a.ts": `${"\n".repeat(58)}x` }), []);
  assert.match(
    check({ "src/cli/commands/a.ts": `${"\n".repeat(59)}x` })[0] ?? "",
    /a table and one call, 60 lines, has 61/,
  );
  const skipping = `test${".skip"}("x", () => {});`;
  assert.equal(check({ "src/util/a.test.ts": skipping }).length, 1);
  assert.deepEqual(check({ "src/util/a.test.ts": 'test("x", { skip: "why" }, f);' }), []);
});

test("areaOf() tells the engine's core from its outer parts", () => {
  assert.equal(areaOf("src/engine/ops/conv.ts"), "engine");
  assert.equal(areaOf("src/engine/runtime/device.ts"), "engine/runtime");
  assert.equal(areaOf("src/engine/index.ts"), "index");
});

test("withoutComments() leaves strings, templates and regular expressions alone", () => {
  const source =
    'const a = "// no"; /* yes */ const b = `/* no */`; // yes\nconst c = /["/]\\/\\*/;';
  assert.equal(
    withoutComments(source),
    'const a = "// no";           const b = `/* no */`;       \nconst c = /["/]\\/\\*/;',
  );
  assert.deepEqual(importsOf('// import "a";\nimport type { B } from "b";\nexport * from "c";'), [
    { specifier: "b", typeOnly: true },
    { specifier: "c", typeOnly: false },
  ]);
});
