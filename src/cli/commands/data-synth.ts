/** @file `ecamp data synth`. */
import { type Command, defineCommand } from "../command.ts";

/** Makes a dataset of synthetic radiographs. */
export const dataSynth: Command = defineCommand({
  path: ["data", "synth"],
  summary: "make a dataset of synthetic radiographs and reports",
  description: `Renders chest films of made-up patients, with findings, and writes reports that agree with them: pictures, masks,
boxes, labels, distilled contexts, splits, and a tokenizer.json of the reports' words. They belong to nobody, and the same
seed gives the same bytes, so they serve demonstrations, tests and bug reports. They are no substitute for radiographs:
a model that is trained on them has learnt phantoms.`,
  positionals: {},
  options: {
    out: { type: "string", metavar: "DIR", required: true, help: "the dataset folder to make" },
    count: { type: "integer", min: 1, default: 1000, help: "films" },
    seed: { type: "integer", min: 0, default: 0, help: "what every random number derives from" },
    size: { type: "integer", min: 64, max: 4096, default: 512, help: "pixels of a film's side" },
    format: { type: "choice", choices: ["jpeg", "png"], default: "jpeg", help: "of the films" },
    "anatomy-masks": { type: "boolean", help: "write masks of lungs and heart too" },
    vocabulary: {
      type: "integer",
      min: 64,
      default: 2048,
      help: "the most words of tokenizer.json",
    },
    workers: {
      type: "integer",
      min: 0,
      max: 64,
      help: "threads that render, one a core unless given; they change the time, not a byte",
    },
    json: { type: "boolean", help: "print the counts as JSON" },
  },
  examples: [{ line: "data synth --out datasets/phantoms --count 500", does: "500 pairs" }],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runSynth } = await import("../run-synth.ts");
    return runSynth(args, context);
  },
});
