/** @file Who stands in two splits of a dataset: a model that has seen a patient recognises him rather than his disease. */
import { ManifestError } from "../../util/errors.ts";
import type { Dataset } from "../dataset.ts";
import type { Split } from "../record.ts";

/** How much two splits share. */
export interface SharedBetween {
  readonly splits: readonly [Split, Split];
  readonly patients: number;
  /** The same picture's path. */
  readonly images: number;
}

/** What was found. Plain JSON. */
export interface LeakReport {
  readonly leaks: boolean;
  /** Pairs of splits that share something. */
  readonly shared: readonly SharedBetween[];
  /** Records of a split that name no patient: what they share cannot be known. */
  readonly withoutPatient: number;
}

const PAIRS: readonly (readonly [Split, Split])[] = [
  ["train", "val"],
  ["train", "test"],
  ["val", "test"],
];

/** Finds the patients and pictures that stand in two splits. */
export async function findLeaks(dataset: Dataset, signal?: AbortSignal): Promise<LeakReport> {
  const patients = new Map<Split, Set<string>>();
  const images = new Map<Split, Set<string>>();
  let withoutPatient = 0;
  for await (const { split, patient, image } of dataset.records(signal)) {
    if (split === undefined) continue;
    if (patient === undefined) withoutPatient++;
    else addTo(patients, split, patient);
    if (image !== undefined) addTo(images, split, image);
  }
  const shared = PAIRS.map(([a, b]) => ({
    splits: [a, b] as const,
    patients: common(patients.get(a), patients.get(b)),
    images: common(images.get(a), images.get(b)),
  })).filter((pair) => pair.patients + pair.images > 0);
  return { leaks: shared.length > 0, shared, withoutPatient };
}

function addTo(sets: Map<Split, Set<string>>, split: Split, value: string): void {
  const set = sets.get(split) ?? new Set();
  sets.set(split, set.add(value));
}

function common(a: ReadonlySet<string> = new Set(), b: ReadonlySet<string> = new Set()): number {
  return [...a].filter((value) => b.has(value)).length;
}

/**
 * Refuses splits that share patients or pictures, unless somebody takes the responsibility.
 * @throws {ManifestError} saying how many, and what to do
 */
export async function requireNoLeak(
  dataset: Dataset,
  { allowLeak, signal }: { readonly allowLeak: boolean; readonly signal?: AbortSignal },
): Promise<LeakReport> {
  const report = await findLeaks(dataset, signal);
  if (!report.leaks || allowLeak) return report;
  const found = report.shared.map(
    ({ splits: [a, b], patients, images }) =>
      `${patients} patients and ${images} images stand in both ${a} and ${b}`,
  );
  throw new ManifestError(
    `Cannot use the splits of "${dataset.folder}": ${found.join("; ")}; split it by patient with "ecamp data split", or use --allow-leak, which is written into every result`,
  );
}
