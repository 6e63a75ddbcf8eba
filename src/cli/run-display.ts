/** @file The events of a training run in a terminal: a bar for a person, calm lines for a log. */
import type { RunEvent } from "../tasks/pretrain.ts";
import type { UpdateReport, ValidationReport } from "../train/loop.ts";
import { formatRate, type Progress, startProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** What a run is called, and what it learns from. */
export interface DisplayWords {
  readonly label: string;
  /** The plural of a sample, such as `pairs`. */
  readonly samples: string;
}

/** Shows events: a bar or lines while features are computed and from the start of the training on, single lines before. */
export function runDisplay(
  terminal: Terminal,
  { label, samples }: DisplayWords,
): {
  readonly onEvent: (event: RunEvent) => void;
  readonly finish: () => void;
} {
  let progress: Progress | undefined;
  const features = featureProgress(terminal, samples);
  const note = (line: string) => (progress ? progress.note(line) : terminal.err(`${line}\n`));
  const onEvent = (event: RunEvent): void => {
    switch (event.kind) {
      case "note":
        note(event.text);
        return;
      case "features":
        features.update(event);
        return;
      case "started":
        features.finish();
        note(describeStart(event, samples));
        progress = startProgress(terminal, {
          label,
          total: event.lastStep,
          start: event.doneSteps,
          unit: "steps",
        });
        return;
      case "update":
        progress?.update(event.report.step, describeUpdate(event.report, samples));
        return;
      case "validation":
        note(describeValidation(event.report));
        return;
      case "checkpoint":
        note(`saved ${event.path}`);
        return;
      default:
        event satisfies never;
    }
  };
  return {
    onEvent,
    finish: () => {
      features.finish();
      progress?.finish();
    },
  };
}

/** A bar or lines for each split whose features are computed. */
function featureProgress(terminal: Terminal, unit: string) {
  let current: { readonly what: string; readonly progress: Progress } | undefined;
  const finish = (): void => {
    current?.progress.finish();
    current = undefined;
  };
  const update = ({ what, done, total }: Extract<RunEvent, { readonly kind: "features" }>) => {
    if (current?.what !== what) {
      finish();
      current = {
        what,
        progress: startProgress(terminal, { label: `features, ${what}`, total, unit }),
      };
    }
    current?.progress.update(done, "");
  };
  return { update, finish };
}

/** `validation after step 40: mim 0.612 res 0.341 mlm 4.381, the best so far` */
function describeValidation({ step, losses, best }: ValidationReport): string {
  const parts = Object.entries(losses).map(([name, loss]) => `${name} ${loss.toFixed(3)}`);
  return `validation after step ${step}: ${parts.join(" ")}${best ? ", the best so far" : ""}`;
}

function describeStart(
  event: Extract<RunEvent, { readonly kind: "started" }>,
  samples: string,
): string {
  const { records, beside, parameters, updatesPerEpoch, doneSteps, lastStep } = event;
  const millions = (parameters / 1e6).toFixed(1);
  const from = doneSteps > 0 ? `, from step ${doneSteps}` : "";
  const known =
    beside === undefined
      ? ""
      : ` (${beside.contexts} with a distilled context, ${beside.windows} with a window)`;
  return `${records} ${samples}${known}, ${millions} million parameters, ${updatesPerEpoch} steps an epoch, ${lastStep} steps in all${from}`;
}

/** `mim 0.612 res 0.341 mlm 4.381, lr 1.2e-4, 8.1 pairs/s, 1 % waiting, 1.3 GB` */
function describeUpdate({ losses, lr, samples, timing }: UpdateReport, unit: string): string {
  const parts = Object.entries(losses).map(([name, loss]) => `${name} ${loss.toFixed(3)}`);
  const { stepMs, waitMs, memory } = timing;
  return [
    parts.join(" "),
    `lr ${lr.toExponential(1)}`,
    `${formatRate((samples * 1000) / stepMs)} ${unit}/s`,
    `${Math.round((100 * waitMs) / stepMs)} % waiting`,
    `${(memory / 1e9).toFixed(1)} GB`,
  ].join(", ");
}
