/** @file What `ecamp pretrain --dry-run` prints beside the configuration: what the run would take. */
import type { ModuleCount } from "../report/plan/parameter-counts.ts";
import type {
  CoursePlan,
  ModelPlan,
  PretrainPlan,
  TimePlan,
} from "../report/plan/plan-pretrain.ts";
import { formatDuration, formatRate } from "./progress.ts";

type Row = readonly [name: string, text: string];

const count = (value: number): string => value.toLocaleString("en-US");
const size = (bytes: number): string =>
  bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
/** Fractions of a second count where a step is short. */
const duration = (ms: number): string =>
  ms < 10_000 ? `${(ms / 1000).toPrecision(2)} s` : formatDuration(ms);

/** The plan as lines for a person. */
export function describePlan({ model, course, time, missing }: PretrainPlan): string {
  const rows: readonly Row[] = [
    ...(course === undefined ? [] : courseRows(course)),
    ...(model === undefined ? [] : modelRows(model, time)),
    ...(time === undefined ? [] : timeRows(time)),
  ];
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const lines = rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
  if (missing.length > 0) lines.push(describeMissing(missing));
  return lines.join("\n");
}

function describeMissing(missing: readonly string[]): string {
  const rest = missing.includes("--tokenizer")
    ? "the model's size, and with both the memory and time of a step"
    : "the memory and time of a step";
  return `not known without ${missing.join(" and ")}: ${rest}`;
}

function courseRows(course: CoursePlan): readonly Row[] {
  const { records, privacy, batch, accumulate, epochs, stepsPerEpoch, steps } = course;
  const pairs = accumulate === 1 ? `${batch}` : `${batch} × ${accumulate} = ${batch * accumulate}`;
  return [
    ["pairs", `${count(records)}${privacy === "private" ? ", of a private dataset" : ""}`],
    [
      "steps",
      `${count(stepsPerEpoch)} an epoch, of ${pairs} pairs; ${count(steps)} in ${epochs} epochs`,
    ],
  ];
}

function modelRows({ modules, bytes }: ModelPlan, time: TimePlan | undefined): readonly Row[] {
  const total = (kind: "trained" | "fixed"): number =>
    modules.reduce((sum, counts) => sum + counts[kind], 0);
  const all = { trained: total("trained"), fixed: total("fixed") };
  const measured =
    time === undefined ? "" : `; ${size(time.peakBytes)} in all at the most while trying`;
  return [
    ["parameters", describeCounts(all)],
    ...modules.map((counts): Row => [`  ${counts.module}`, describeCounts(counts)]),
    ["memory", `${size(bytes.memory)} for values, gradients and moments${measured}`],
    ["a checkpoint", `${size(bytes.checkpoint)} on the disk`],
  ];
}

function describeCounts({ trained, fixed }: Omit<ModuleCount, "module">): string {
  return fixed === 0 ? count(trained) : `${count(trained)} trained, ${count(fixed)} fixed`;
}

function timeRows(time: TimePlan): readonly Row[] {
  const losses = Object.entries(time.losses).map(([name, loss]) => `${name} ${loss.toFixed(3)}`);
  const waiting = `${Math.round(100 * time.waitPart)} % of it waiting for pairs`;
  return [
    ["first losses", losses.join(" ")],
    ["a step", `${duration(time.stepMs)}, ${formatRate(time.pairsPerSecond)} pairs/s, ${waiting}`],
    ["an epoch", duration(time.epochMs)],
    ["the run", `${duration(time.runMs)}, beside validations, checkpoints and pictures`],
  ];
}
