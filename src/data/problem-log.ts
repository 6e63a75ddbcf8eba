/** @file Collects what a check finds: every kind of problem once, with a count and a few examples. */

/** Does a problem forbid using the set, or only ask for a look? */
export type Severity = "error" | "warning";

/** What can be wrong with a dataset. */
export type ProblemKind =
  | "invalid-line"
  | "duplicate-id"
  | "missing-image"
  | "missing-mask"
  | "unreadable-image"
  | "unreadable-mask"
  | "mask-of-another-size"
  | "mask-of-several-levels"
  | "box-outside"
  | "patient-in-two-splits"
  | "image-in-two-splits"
  | "copy-in-two-splits"
  | "unusable-split"
  | "undeclared-class"
  | "context-without-record"
  | "window-without-record"
  | "stale-context"
  | "stale-window"
  | "empty-report"
  | "repeated-image"
  | "split-without-object"
  | "empty-mask"
  | "grey-mask"
  | "denied-object"
  | "cut-box"
  | "many-boxes"
  | "undeclared-object"
  | "unknown-masks"
  | "unknown-boxes"
  | "no-split"
  | "no-patient";

/** How grave each kind is, and how a message says it. Errors come first. */
const PROBLEMS: Readonly<
  Record<ProblemKind, { readonly severity: Severity; readonly says: string }>
> = {
  "invalid-line": { severity: "error", says: "lines that are not valid" },
  "duplicate-id": { severity: "error", says: "records whose id another record has" },
  "missing-image": { severity: "error", says: "records whose image is not there or empty" },
  "missing-mask": { severity: "error", says: "records with a mask that is not there or empty" },
  "unreadable-image": {
    severity: "error",
    says: "records with masks or boxes whose picture is no PNG or JPEG that can be read",
  },
  "unreadable-mask": {
    severity: "error",
    says: "masks that are no PNG or JPEG that can be read, or coloured",
  },
  "mask-of-another-size": { severity: "error", says: "masks of another size than their picture" },
  "mask-of-several-levels": {
    severity: "error",
    says: "masks with areas of several levels (a mask needs 0 and one other level; each class a file of its own)",
  },
  "box-outside": { severity: "error", says: "records with a box outside their picture" },
  "patient-in-two-splits": { severity: "error", says: "patients in more than one split" },
  "image-in-two-splits": { severity: "error", says: "images in more than one split" },
  "copy-in-two-splits": {
    severity: "error",
    says: "pictures of the same bytes, under other names, in more than one split",
  },
  "unusable-split": { severity: "error", says: "split.jsonl does not fit the records" },
  "undeclared-class": { severity: "error", says: "classes that dataset.json does not list" },
  "context-without-record": { severity: "error", says: "contexts of no record" },
  "window-without-record": { severity: "error", says: "windows of no record" },
  "stale-context": {
    severity: "error",
    says: 'contexts that were written for another text than the report (write them anew with "ecamp distill run")',
  },
  "stale-window": {
    severity: "warning",
    says: 'windows by the attention of another text than the context or report (make them anew with "ecamp windows")',
  },
  "empty-report": { severity: "warning", says: "records whose report is blank" },
  "repeated-image": { severity: "warning", says: "images that several records name" },
  "split-without-object": {
    severity: "warning",
    says: "splits without a single mask or box of a class, by which nothing can be judged",
  },
  "empty-mask": {
    severity: "warning",
    says: "masks without a pixel, where no label denies the class",
  },
  "grey-mask": { severity: "warning", says: "masks with grey edges, which are cut at half" },
  "denied-object": {
    severity: "warning",
    says: "classes that a record's label denies and its mask or box shows",
  },
  "cut-box": {
    severity: "warning",
    says: "records with a box that reaches beyond their picture, where it is cut",
  },
  "many-boxes": {
    severity: "warning",
    says: "records with more boxes than detection takes unless maxBoxes is raised",
  },
  "undeclared-object": {
    severity: "warning",
    says: "classes of masks or boxes that dataset.json does not list",
  },
  "unknown-masks": {
    severity: "warning",
    says: "records of a set for segmentation without mask, box or a label of 0, which say nothing",
  },
  "unknown-boxes": {
    severity: "warning",
    says: "records of a set for detection without boxes or a label of 0, which say nothing",
  },
  "no-split": { severity: "warning", says: "records without a split, where others have one" },
  "no-patient": {
    severity: "warning",
    says: "records of a split set without a patient, who may be in another split",
  },
};

/** A kind of problem that was met. */
export interface DatasetProblem {
  readonly kind: ProblemKind;
  readonly severity: Severity;
  readonly count: number;
  /** A few of them: ids, paths or lines; never text of a report. */
  readonly examples: readonly string[];
  /** `patients in more than one split: 3`, for people. */
  readonly message: string;
}

const MAX_EXAMPLES = 10;

/** Counts problems by kind. */
export class ProblemLog {
  readonly #found = new Map<ProblemKind, { count: number; readonly examples: string[] }>();

  /** Notes one problem. */
  add(kind: ProblemKind, example: string): void {
    const found = this.#found.get(kind) ?? { count: 0, examples: [] };
    found.count += 1;
    if (found.examples.length < MAX_EXAMPLES) found.examples.push(example);
    this.#found.set(kind, found);
  }

  /** What was met, in the order of the table. */
  problems(): DatasetProblem[] {
    const problems = [...this.#found].map(([kind, { count, examples }]) => {
      const { severity, says } = PROBLEMS[kind];
      return { kind, severity, count, examples: [...examples], message: `${says}: ${count}` };
    });
    const order = Object.keys(PROBLEMS);
    return problems.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  }
}
