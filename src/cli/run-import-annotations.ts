/** @file What the imports of masks and boxes do: import, count, say what was mended and what the lists share. */
import type { AnnotationImportSummary } from "../data/annotation-counter.ts";
import { openDataset } from "../data/dataset.ts";
import { importAnnotations } from "../data/import-annotations.ts";
import { describeRepairs } from "../data/repairs.ts";
import type {
  AnnotationSource,
  ListedPicture,
  Mending,
} from "../data/sources/annotation-source.ts";
import { findLeaks } from "../data/split/find-leaks.ts";
import { DEFAULT_MAX_BOXES } from "../data/usable-boxes.ts";
import { type ListArguments, listOptionsOf } from "./list-arguments.ts";
import { listWarnings, plural } from "./list-warnings.ts";
import { withProgress } from "./progress.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of an import of masks or boxes, as its option table gives them. */
export interface ImportAnnotationsArgs extends ListArguments {
  readonly repair: boolean;
}

/** What becomes of faults that can be mended at a price. */
export function mendingOf({ repair }: Pick<ImportAnnotationsArgs, "repair">): Mending {
  return repair ? "repair" : "error";
}

/** Imports a set's lists and prints the counts. */
export async function runImportAnnotations<Row extends ListedPicture>(
  source: AnnotationSource<Row>,
  args: ListArguments,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const options = { ...listOptionsOf(args), signal };
  const summary = await withProgress(terminal, { label: "import", unit: "pictures" }, (progress) =>
    importAnnotations(source, { ...options, onProgress: (count) => progress.update(count) }),
  );
  const leaks = await findLeaks(await openDataset(args.out), { signal });
  if (args.json) terminal.out(`${JSON.stringify({ ...summary, leaks })}\n`);
  else terminal.out(describe(args.out, summary));
  for (const warning of [...repairWarnings(summary), ...listWarnings(args, summary, leaks)]) {
    terminal.err(`warning: ${warning}\n`);
  }
  return 0;
}

function describe(out: string, summary: AnnotationImportSummary): string {
  const { imported, positives, negatives, masks, emptyMasks, boxes, mostBoxes } = summary;
  const splits = Object.entries(imported).filter(([, count]) => count > 0);
  const skipped = [
    `${summary.missingImage} without an image file`,
    plural(summary.repeated, "repeated line", "repeated lines"),
    ...(summary.leftOut > 0 ? [`${summary.leftOut} that were not drawn`] : []),
  ];
  return [
    `Imported ${splits.map(([split, count]) => `${split} ${count}`).join(", ")} into "${out}"`,
    `  ${plural(summary.patients, "patient", "patients")}`,
    ...(positives + negatives > 0 ? [`  ${positives} positive, ${negatives} negative`] : []),
    ...(masks > 0 ? [`  ${plural(masks, "mask", "masks")}, ${emptyMasks} of them empty`] : []),
    ...(boxes > 0 ? [`  ${plural(boxes, "box", "boxes")}, at most ${mostBoxes} a picture`] : []),
    `  skipped: ${skipped.join(", ")}`,
    `Next: ecamp data check ${out}`,
    "",
  ].join("\n");
}

function repairWarnings({ repairs, manyBoxes }: AnnotationImportSummary): readonly string[] {
  const mended = describeRepairs(repairs);
  if (manyBoxes === 0) return mended;
  return [
    ...mended,
    `${plural(manyBoxes, "picture has", "pictures have")} more than ${DEFAULT_MAX_BOXES} boxes, which detection takes when its maxBoxes is raised`,
  ];
}
