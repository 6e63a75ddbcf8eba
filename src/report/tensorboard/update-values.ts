/** @file The curves of a run: what TensorBoard shows of an update, and of a validation. */
import type { UpdateReport } from "../../train/loop.ts";
import type { SummaryValue } from "./event.ts";

type Numbers = Readonly<Record<string, number>>;

/** Explains the curves whose names do not. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  "loss/total":
    "The weighted sum that is minimised; the other losses are shown without their weights.",
  "gradient-norm/all": "Over every trained parameter, before clipping.",
  "speed/pairs-per-second": "Pairs of an update over the time of the whole step.",
  "speed/data-wait": "The part of a step in which it waited for its pairs.",
  "memory/resident-gigabytes": "Resident memory of the process, 10^9 bytes.",
};

/** Curves by name. */
const described = (values: Numbers): SummaryValue[] =>
  Object.entries(values).map(([tag, value]) => {
    const description = DESCRIPTIONS[tag];
    return { tag, value, ...(description !== undefined && { description }) };
  });

/** `image encoder` to `image-encoder`. */
const asTag = (name: string): string => name.replaceAll(" ", "-");

const under = (group: string, values: Numbers): Numbers =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${group}/${asTag(name)}`, value]),
  );

/** Σ weight · loss; a loss without a weight counts once. */
function totalOf(losses: Numbers, weights: Numbers): number {
  return Object.entries(losses).reduce((sum, [name, loss]) => sum + (weights[name] ?? 1) * loss, 0);
}

/** The curves that an update adds a point to. */
export function updateValues(
  report: UpdateReport,
  { lossWeights }: { readonly lossWeights: Numbers },
): SummaryValue[] {
  const { losses, lr, gradientNorm, gradientNorms, samples, timing } = report;
  const { stepMs, waitMs, memory } = timing;
  const speed =
    stepMs > 0
      ? { "pairs-per-second": (samples * 1000) / stepMs, "data-wait": waitMs / stepMs }
      : {};
  return described({
    ...under("loss", { ...losses, total: totalOf(losses, lossWeights) }),
    lr,
    ...under("gradient-norm", { all: gradientNorm, ...gradientNorms }),
    ...under("speed", speed),
    "memory/resident-gigabytes": memory / 1e9,
  });
}

/** The curves that a validation adds a point to. */
export function validationValues(
  losses: Numbers,
  { lossWeights }: { readonly lossWeights: Numbers },
): SummaryValue[] {
  const total = totalOf(losses, lossWeights);
  return described(under("validation", { ...losses, total }));
}
