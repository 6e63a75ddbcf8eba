/** @file Training a segmenter (SPEC 4.2): segmentation as a downstream task. */
import type { SegmentConfig } from "../../recipes/segment-config.ts";
import { openDenseTask } from "../dense/open-dense.ts";
import { type FinetuneResult, type FinetuneRun, finetune } from "../finetune/finetune.ts";
import { SEGMENT_TASK } from "./segment-task.ts";

/**
 * Trains a segmenter until the run's last update, until validation no longer gains, `stopAfter` or the signal.
 * @throws {ConfigError | ManifestError | WeightsError | DecodeError} when an input is wrong; nothing is lost then
 */
export function finetuneSegmenter(run: FinetuneRun<SegmentConfig>): Promise<FinetuneResult> {
  return finetune(run, (config, opening) => openDenseTask(SEGMENT_TASK, config, opening));
}
