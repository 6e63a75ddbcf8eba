/** @file Progress of work in stages, each with a bar of its own, of which one moves at a time. */
import { type Progress, type ProgressOptions, startProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Progress in stages. */
export interface StagedProgress {
  /** Says how much of a stage is done; another label than before begins another stage. */
  readonly update: (stage: ProgressOptions, done: number) => void;
  /** Ends the stage that is shown. */
  readonly finish: () => void;
}

/** Shows stages one after another. */
export function stagedProgress(terminal: Terminal): StagedProgress {
  let shown: { readonly label: string; readonly progress: Progress } | undefined;
  const finish = (): void => {
    shown?.progress.finish();
    shown = undefined;
  };
  return {
    update: (stage, done) => {
      if (shown?.label !== stage.label) {
        finish();
        shown = { label: stage.label, progress: startProgress(terminal, stage) };
      }
      shown.progress.update(done);
    },
    finish,
  };
}
