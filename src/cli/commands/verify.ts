/** @file `ecamp verify`. */
import { type Command, defineCommand } from "../command.ts";

/** Replays recorded computations and compares. */
export const verify: Command = defineCommand({
  path: ["verify"],
  summary: "replay recorded fixtures and compare every number",
  description: `A fixture is a folder with inputs, weights and outputs that were recorded from the authors' program. This
computes the same again and prints, for every recorded number, the error, the bound and their ratio. It proves that
this version, this machine and this device compute what the paper's program computes. The status is 0 when all pass.`,
  positionals: { fixtures: { help: "folders with a fixture.json", many: true } },
  options: {
    device: { type: "string", default: "cpu", help: "the execution provider" },
    threads: { type: "integer", min: 1, help: "its threads; one for every core if absent" },
    tokenizer: { type: "string", metavar: "FILE", help: "a vocabulary instead of the fixture's" },
    slack: { type: "number", min: 0.001, default: 4, help: "times the recorded bound that pass" },
    json: { type: "boolean", help: "print one JSON line a fixture" },
  },
  examples: [{ line: "verify fixtures/*", does: "everything that was recorded" }],
  run: async (args, { terminal }) => {
    const { showVerification } = await import("../show-verification.ts");
    return (await showVerification({ ...args, terminal })) ? 0 : 1;
  },
});
