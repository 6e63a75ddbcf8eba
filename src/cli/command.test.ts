import assert from "node:assert/strict";
import { test } from "node:test";
import { defineCommand } from "./command.ts";
import type { Options, Positionals } from "./option.ts";

function define(options: Options, positionals: Positionals = {}): void {
  defineCommand({
    path: ["x"],
    summary: "",
    description: "",
    options,
    positionals,
    examples: [],
    run: async () => 0,
  });
}

test("defineCommand() refuses tables that contradict themselves", () => {
  assert.throws(
    () => define({ a: { type: "string", required: true, default: "b", help: "" } }),
    new TypeError('Cannot define command "x": option --a is required and has a default'),
  );
  assert.throws(
    () => define({ a: { type: "choice", choices: ["b"], default: "c", help: "" } }),
    new TypeError('Cannot define command "x": the default of option --a is not one of its choices'),
  );
  assert.throws(
    () => define({ a: { type: "string", help: "" } }, { a: { help: "" } }),
    new TypeError('Cannot define command "x": "a" names two arguments'),
  );
  assert.throws(() => define({ help: { type: "boolean", help: "" } }), TypeError);
  assert.throws(
    () => define({}, { all: { help: "", many: true }, last: { help: "" } }),
    new TypeError(
      'Cannot define command "x": only the last positional may be optional or take the rest',
    ),
  );
  define({ a: { type: "string", help: "" } }, { b: { help: "" } });
});
