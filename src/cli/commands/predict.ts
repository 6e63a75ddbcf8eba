/** @file `ecamp predict`. */
import { type Command, defineCommand } from "../command.ts";

/** Says what a trained model sees in pictures. */
export const predict: Command = defineCommand({
  path: ["predict"],
  summary: "what a trained model sees in images",
  description: `Shows image files, or every .png, .jpg and .jpeg in a folder and below it, to the best model of a run of "ecamp
finetune", and prints a line for each; with --json an object a line, which also says whether the model's training
splits leaked. The numbers are a research model's: they are no diagnosis. Nothing leaves this machine.

A classifier's line has the probability of every class, the likeliest first. Segmenters and detectors write into --out, a
new folder that is yours alone to read. Names there are paths from the folder that holds all that is read; overlays/NAME.png
shows what was found.

A segmenter writes masks/NAME.CLASS.png, 0 or 255 and of the image's size, and masks.csv: image, class, width, height,
pixels and rle, run lengths down the columns as pairs of start and length, -1 for none. A start counts from the end of
the run before (--rle relative, as in SIIM's lists) or from the first pixel of all, which is 1 (absolute).

A detector writes detections.json, and detections.coco.json in COCO's form. Boxes are x, y, width and height in pixels of
the file, cut at its edge; their score is the objectness, their probability that of the class.

A file that cannot be read has its reason in place of numbers, and the exit status is 1 then. Ctrl-C stops; lists then
hold what was done.`,
  positionals: {
    run: { help: "the run's folder, or a model.safetensors" },
    images: { help: "image files and folders", many: true },
  },
  options: {
    out: { type: "string", metavar: "DIR", help: "for masks or boxes; new, or empty" },
    overwrite: { type: "boolean", help: "replace an earlier prediction in --out" },
    overlays: {
      type: "boolean",
      default: true,
      help: "do not draw masks or boxes over the images",
    },
    threshold: { type: "number", min: 0, max: 1, help: "masks are above it; 0.5 if absent" },
    rle: { type: "choice", choices: ["relative", "absolute"], help: "starts; relative if absent" },
    "min-objectness": {
      ...{ type: "number", min: 0, max: 1 },
      help: "of boxes; if absent the run's (0.01 unless set) in lists, and 0.5 in drawings",
    },
    device: { type: "string", default: "cpu", help: "the execution provider" },
    threads: { type: "integer", min: 1, help: "its threads; one for every core if absent" },
    json: { type: "boolean", help: "print an object a line" },
  },
  examples: [
    { line: "predict runs/nih10 film.png folder/", does: "probabilities by class" },
    { line: "predict runs/siim10 folder/ --out masks", does: "masks, run lengths, overlays" },
    { line: "predict runs/rsna folder/ --out boxes", does: "boxes, as JSON and as COCO" },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runPredict } = await import("../run-predict.ts");
    return runPredict(args, context);
  },
});
