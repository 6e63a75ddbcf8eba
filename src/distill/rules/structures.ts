/** @file Parts of the body whose size is a finding, and what reports say of their size. */
import type { FindingLabel } from "../../text/lexicon.ts";
import type { FindingStatus } from "../record.ts";

/** A finding that the size of a structure is. */
export interface SizeFinding {
  readonly entity: string;
  readonly label: FindingLabel;
}

const CARDIOMEGALY: SizeFinding = { entity: "cardiomegaly", label: "Cardiomegaly" };
const WIDENED: SizeFinding = { entity: "widened mediastinum", label: "Enlarged_Cardiomediastinum" };

/** Entities of the lexicon that are structures: what their normal size denies, and what their enlargement says. */
export const STRUCTURES: ReadonlyMap<
  string,
  { readonly normal: readonly SizeFinding[]; readonly enlarged: readonly SizeFinding[] }
> = new Map([
  ["heart", { normal: [CARDIOMEGALY], enlarged: [CARDIOMEGALY] }],
  ["mediastinum", { normal: [WIDENED], enlarged: [WIDENED] }],
  ["cardiomediastinal", { normal: [CARDIOMEGALY, WIDENED], enlarged: [WIDENED] }],
]);

/** What is said of a size. */
export type Size = "normal" | "borderline" | "enlarged" | "big";

/** Phrases for each; those of `big` count as a predicate only (`the heart is large`), not before a noun. */
export const SIZES: Readonly<Record<Size, string>> = {
  normal: `normal, unremarkable, within limits, within normal range, within normal limits, within limits of normal, within normal limit, upper limits of normal, upper limit of normal,
    upper limits normal, upper limits of normal limits, upper normal, top normal, top normal in size, high normal, upper limits of normal in size,
    normal limits, at the upper limits of normal, at the upper limit of normal, grossly normal, grossly unremarkable, upper range of normal,
    top limits of normal, not remarkable, within the limits of normal, wnl`,
  borderline:
    "borderline, borderline enlarged, borderline in size, borderline enlargement, at the borderline, borderline prominent, normal to borderline, normal to mildly enlarged, mildly prominent, top normal to mildly enlarged",
  enlarged:
    "enlarged, enlargement, widened, widening, enlarging, prominence, increased in size, hypertrophied",
  big: "large, prominent, increased, wide, big",
};

/** How certain each size makes the finding. */
export const SIZE_STATUS: Readonly<Record<Size, FindingStatus>> = {
  normal: "absent",
  borderline: "uncertain",
  enlarged: "present",
  big: "present",
};
