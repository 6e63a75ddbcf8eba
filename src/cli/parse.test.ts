import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../util/errors.ts";
import { defineCommand } from "./command.ts";
import type { ArgsOf } from "./option.ts";
import { parseLine } from "./parse.ts";

const options = {
  out: { type: "string", required: true, help: "where to write" },
  "stop-after": { type: "integer", min: 1, max: 100, help: "steps" },
  rate: { type: "number", default: 0.5, help: "a rate" },
  device: { type: "choice", choices: ["cpu", "cuda"], default: "cpu", help: "where" },
  set: { type: "list", help: "a setting" },
  json: { type: "boolean", help: "as JSON" },
  shuffle: { type: "boolean", default: true, help: "shuffle" },
} as const;
const positionals = { fixtures: { help: "folders", many: true } } as const;
const table = defineCommand({
  path: ["prove"],
  summary: "prove",
  description: "Proves.",
  options,
  positionals,
  examples: [],
  run: async (args) => {
    // The derived types: this file would not compile if one of these were wrong.
    const typed: {
      out: string;
      stopAfter: number | undefined;
      rate: number;
      device: "cpu" | "cuda";
      set: readonly string[];
      json: boolean;
      fixtures: readonly string[];
    } = args;
    return typed.fixtures.length;
  },
});

function parse(...words: string[]): ArgsOf<typeof options, typeof positionals> {
  const line = parseLine(table, words);
  if (line.kind !== "run") throw new Error(`a run was expected, found ${line.kind}`);
  return line.args as ArgsOf<typeof options, typeof positionals>;
}

function refuses(words: string[], message: string): void {
  assert.throws(() => parse(...words), { name: "UsageError", message });
}

test("parseLine() fills in defaults and leaves the rest undefined", () => {
  assert.deepEqual(parse("a", "--out", "x"), {
    out: "x",
    stopAfter: undefined,
    rate: 0.5,
    device: "cpu",
    set: [],
    json: false,
    shuffle: true,
    fixtures: ["a"],
  });
});

test("parseLine() takes values after a blank and after =, negative numbers, lists and switches", () => {
  const args = parse(
    ..."a b --out=x --stop-after 7 --rate -1e-2 --set k=v --set=l=w --json --no-shuffle".split(" "),
  );
  assert.equal(args.stopAfter, 7);
  assert.equal(args.rate, -0.01);
  assert.deepEqual(args.set, ["k=v", "l=w"]);
  assert.equal(args.json, true);
  assert.equal(args.shuffle, false);
  assert.deepEqual(args.fixtures, ["a", "b"]);
});

test("parseLine() takes words after -- as they are", () => {
  assert.deepEqual(parse("--out", "x", "--", "--odd-name").fixtures, ["--odd-name"]);
});

test("parseLine() asks for help whatever else is wrong", () => {
  assert.deepEqual(parseLine(table, ["--help"]), { kind: "help" });
  assert.deepEqual(parseLine(table, ["--bogus", "-h"]), { kind: "help" });
});

test("parseLine() suggests the option that was meant", () => {
  refuses(
    ["a", "--out", "x", "--stop-aftr", "3"],
    "Cannot use option --stop-aftr: unknown option, did you mean --stop-after?",
  );
  refuses(["a", "-o", "x"], "Cannot use option -o: unknown option, did you mean --out?");
});

test("parseLine() says what is wrong with a value", () => {
  const base = ["a", "--out", "x"];
  refuses(
    [...base, "--stop-after", "1.5"],
    'Cannot use option --stop-after: value is "1.5", expected a whole number from 1 to 100',
  );
  refuses(
    [...base, "--stop-after", "101"],
    'Cannot use option --stop-after: value is "101", expected a whole number from 1 to 100',
  );
  refuses([...base, "--rate="], 'Cannot use option --rate: value is "", expected a number');
  refuses(
    [...base, "--device", "cudaa"],
    'Cannot use option --device: value is "cudaa", did you mean cuda?',
  );
  refuses(
    [...base, "--json=yes"],
    'Cannot use option --json: it is a switch and takes no value, found "yes"',
  );
  refuses(["a", "--out"], "Cannot use option --out: a value must follow it");
  refuses(["a", "--out", "--json"], "Cannot use option --out: a value must follow it");
  refuses([...base, "--out", "y"], "Cannot use option --out: it is given twice, expected once");
});

test("parseLine() says what is missing and what is too much", () => {
  refuses(["a"], 'Cannot run "ecamp prove": --out is missing, see "ecamp prove --help"');
  refuses(
    ["--out", "x"],
    'Cannot run "ecamp prove": FIXTURES is missing, see "ecamp prove --help"',
  );
  const single = { ...table, positionals: { run: { help: "a run", optional: true } } };
  assert.throws(
    () => parseLine(single, ["a", "b", "--out", "x"]),
    new UsageError('Cannot run "ecamp prove": "b" is one word too many'),
  );
  assert.equal(parseLine(single, ["--out", "x"]).kind, "run");
});
