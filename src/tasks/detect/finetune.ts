/** @file Training a detector (SPEC 4.3): detection as a downstream task. */
import type { DetectConfig } from "../../recipes/detect-config.ts";
import { openDenseTask } from "../dense/open-dense.ts";
import { type FinetuneResult, type FinetuneRun, finetune } from "../finetune/finetune.ts";
import { DETECT_TASK } from "./detect-task.ts";

/**
 * Trains a detector until the run's last update, until validation no longer gains, `stopAfter` or the signal.
 * @throws {ConfigError | ManifestError | WeightsError | DecodeError} when an input is wrong; nothing is lost then
 */
export function finetuneDetector(run: FinetuneRun<DetectConfig>): Promise<FinetuneResult> {
  return finetune(run, (config, opening) => openDenseTask(DETECT_TASK, config, opening));
}
