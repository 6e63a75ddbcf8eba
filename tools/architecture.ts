/** @file The import table and the other rules that hold everywhere, and the check that finds what breaks them. */
import { posix } from "node:path";
import { importsOf, type SourceImport, withoutComments } from "./source-imports.ts";

const ENGINE = ["engine", "engine/onnx", "engine/runtime"] as const;
const ROW_2 = ["model", "weights", "text", "image", "metrics"] as const;
const BELOW_TASKS = ["util", ...ENGINE, "nn", ...ROW_2, "train", "data", "distill"] as const;
const BELOW_REPORT = [...BELOW_TASKS, "tasks", "explain", "recipes"] as const;

/**
 * Which areas an area of `src/` may import besides itself: downwards only. `engine` is its core (tensors, operators,
 * differentiation, passes); `index` are the files `src/index.ts` and `src/engine/index.ts`.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  util: [],
  engine: ["util"],
  "engine/onnx": ["engine", "util"],
  "engine/runtime": ["engine", "engine/onnx", "util"],
  nn: ["engine", "util"],
  model: ["nn", "engine", "util"],
  weights: ["util"],
  text: ["util"],
  image: ["util"],
  metrics: ["util"],
  distill: ["text", "util"],
  data: ["text", "image", "util"],
  train: [...ENGINE, "nn", "weights", "util"],
  recipes: [],
  tasks: [...BELOW_TASKS, "recipes"],
  explain: [...BELOW_TASKS, "recipes"],
  report: BELOW_REPORT,
  export: BELOW_REPORT,
  verify: BELOW_REPORT,
  cli: [...BELOW_REPORT, "report", "export", "verify"],
  index: [...BELOW_REPORT, "report", "export", "verify", "cli"],
};

/** The areas, or folders in one, that may import each package; a package that is not here may not be imported. */
export const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  "onnxruntime-node": ["engine/runtime"],
  "onnx-buf": ["engine/onnx"],
  "@bufbuild/protobuf": ["engine/onnx", "report"],
  "crc-32": ["report"],
  openai: ["distill"],
  "node-llama-cpp": ["distill"],
  sharp: ["image"],
  "@huggingface/tokenizers": ["text"],
  "csv-parse": ["data"],
  "cli-progress": ["cli"],
  "fastest-levenshtein": ["util"],
  "ml-matrix": ["tasks/probe"],
  "simple-statistics": ["metrics"],
  yauzl: ["weights"],
  zod: [
    "util", // how what a schema has found is said
    "cli",
    "tasks",
    "train",
    "data",
    "distill",
    "weights",
    "text",
    "verify",
    "explain",
    "export",
  ],
};

/** What any test may import besides: generators of cases, and parsers of recorded ones. */
const TEST_PACKAGES: readonly string[] = ["fast-check", "zod"];

/** Areas of pure functions: nothing of Node's is imported there. */
const PURE: readonly string[] = ["engine", "nn", "model", "recipes"];

const COMMAND_LINES = 60;

/**
 * Everything that breaks a rule, one sentence each.
 * @param files texts by path from the project's root, with `/`
 */
export function checkArchitecture(files: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const edges = new Map<string, string[]>();
  for (const [file, text] of files) {
    problems.push(...checkText(file, text));
    if (!file.startsWith("src/")) continue;
    const imports = importsOf(text);
    for (const found of imports) problems.push(...checkImport({ file, found, files }));
    const values = imports.filter(({ typeOnly }) => !typeOnly);
    edges.set(file, values.map(({ specifier }) => targetOf(file, specifier)).filter(isOurs));
  }
  return [...problems, ...importCycles(edges)];
}

/** `src/engine/ops/conv.ts` to `engine`, `src/engine/runtime/program.ts` to `engine/runtime`. */
export function areaOf(file: string): string {
  const [, first = "", second = ""] = file.split("/");
  if (file === "src/index.ts" || file === "src/engine/index.ts") return "index";
  return ["engine/onnx", "engine/runtime"].includes(`${first}/${second}`)
    ? `${first}/${second}`
    : first;
}

function isTest(file: string): boolean {
  return file.endsWith(".test.ts");
}

function isOurs(target: string): boolean {
  return target.startsWith("src/");
}

function targetOf(file: string, specifier: string): string {
  return specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : specifier;
}

function checkImport({
  file,
  found,
  files,
}: {
  readonly file: string;
  readonly found: SourceImport;
  readonly files: ReadonlyMap<string, string>;
}): string[] {
  const { specifier, typeOnly } = found;
  const area = areaOf(file);
  if (specifier.startsWith("node:")) {
    const refused = PURE.includes(area) && !isTest(file);
    return refused ? [`${file}: ${area} is pure and may not import ${specifier}`] : [];
  }
  if (!specifier.startsWith(".")) return checkPackage({ file, area, specifier });
  const target = targetOf(file, specifier);
  if (isOurs(target) && target.endsWith(".ts") && !files.has(target))
    return [`${file}: imports "${target}", which is not there`];
  if (isTest(file)) return []; // a test may use whatever helps it to look
  if (!isOurs(target)) return [`${file}: the program may not import ${target}`];
  const other = areaOf(target);
  const allowed = MAY_IMPORT[area];
  if (allowed === undefined) return [`${file}: the import table has no row for "${area}"`];
  const free = area === other || allowed.includes(other) || (area === "recipes" && typeOnly);
  return free ? [] : [`${file}: ${area} may not import ${other} (${target})`];
}

function checkPackage({
  file,
  area,
  specifier,
}: {
  readonly file: string;
  readonly area: string;
  readonly specifier: string;
}): string[] {
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  if (isTest(file) && TEST_PACKAGES.includes(name)) return [];
  const owners = PACKAGE_OWNERS[name];
  if (owners === undefined) return [`${file}: the package table has no row for ${name}`];
  const owned = owners.some((owner) => owner === area || file.startsWith(`src/${owner}/`));
  return owned ? [] : [`${file}: only ${owners.join(", ")} may import ${name}`];
}

/** Rules about one text alone. */
function checkText(file: string, text: string): string[] {
  const problems: string[] = [];
  const code = withoutComments(text);
  if (isTest(file)) {
    if (/\b(?:test|it|describe|suite)\.skip\(|\bskip: true\b/.test(code)) {
      problems.push(`${file}: a skip must state its reason, as in { skip: "needs X" }`);
    }
    if (/\b(?:test|it|describe|suite)\.only\(|\bonly: true\b/.test(code)) {
      problems.push(`${file}: "only" silences the other tests`);
    }
    return problems;
  }
  if (!/^(?:#!.*\n)?\/\*\*\s*(?:\*\s*)?@file\s/.test(text)) {
    problems.push(`${file}: must begin with a /** @file … */ that says what it is`);
  }
  if (!file.startsWith("src/")) return problems;
  if (!/^src\/(?:recipes|verify)\//.test(file) && /\b(?:published|corrected)\b/i.test(code)) {
    problems.push(`${file}: the two fidelities are named in src/recipes and src/verify only`);
  }
  if (/\bMath\.random\b/.test(code)) problems.push(`${file}: randomness comes from util/random.ts`);
  if (/\bprocess\.env\b/.test(code) && file !== "src/cli/main.ts") {
    problems.push(`${file}: the environment is read in src/cli/main.ts only`);
  }
  const lines = text.trimEnd().split("\n").length;
  if (file.startsWith("src/cli/commands/") && lines > COMMAND_LINES) {
    problems.push(
      `${file}: a command is a table and one call, ${COMMAND_LINES} lines, has ${lines}`,
    );
  }
  return problems;
}

/** Cycles among files by their value imports, each named once. */
function importCycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const before = state.get(file);
    if (before === "done") return;
    if (before === "open") {
      cycles.push(`import cycle: ${[...trail.slice(trail.indexOf(file)), file].join(" -> ")}`);
      return;
    }
    state.set(file, "open");
    for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
    state.set(file, "done");
  };
  for (const file of edges.keys()) visit(file, []);
  return cycles;
}
