/** @file The kinds of fixture that can be replayed, each loaded only when a fixture of it is. */
import type { Replay } from "../replay.ts";

/** Kind → its replay. */
export type ReplayTable = Readonly<Record<string, () => Promise<Replay>>>;

/** Every kind, by the `kind` of its `fixture.json`. */
export const REPLAYS: ReplayTable = {
  classify: async () => (await import("./classify.ts")).replayClassify,
  "classification-metrics": async () =>
    (await import("./classification-metrics.ts")).replayClassificationMetrics,
  detect: async () => (await import("./detect.ts")).replayDetect,
  "detection-metrics": async () => (await import("./detection-metrics.ts")).replayDetectionMetrics,
  dice: async () => (await import("./dice.ts")).replayDice,
  "image-transforms": async () => (await import("./image-transforms.ts")).replayImageTransforms,
  initialisation: async () => (await import("./initialisation.ts")).replayInitialisation,
  lists: async () => (await import("./lists.ts")).replayLists,
  optimizer: async () => (await import("./optimizer.ts")).replayOptimizer,
  "position-table": async () => (await import("./position-table.ts")).replayPositionTable,
  pretrain: async () => (await import("./pretrain.ts")).replayPretrain,
  "pretrain-steps": async () => (await import("./pretrain-steps.ts")).replayPretrainSteps,
  "pytorch-files": async () => (await import("./pytorch-files.ts")).replayPyTorchFiles,
  resize: async () => (await import("./resize.ts")).replayResize,
  rle: async () => (await import("./rle.ts")).replayRle,
  "schedule-downstream": async () =>
    (await import("./schedule-downstream.ts")).replayScheduleDownstream,
  "schedule-pretrain": async () => (await import("./schedule-pretrain.ts")).replaySchedulePretrain,
  segment: async () => (await import("./segment.ts")).replaySegment,
  "text-masking": async () => (await import("./text-masking.ts")).replayTextMasking,
  tokenizer: async () => (await import("./tokenizer.ts")).replayTokenizer,
  "yolo-loss": async () => (await import("./yolo-loss.ts")).replayYoloLoss,
};
