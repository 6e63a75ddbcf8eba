/** @file What splits share, in words. */
import { describeLeaks, type LeakReport } from "../../data/split/find-leaks.ts";

/** Says what splits share, and whether that can be known. */
export function noteLeaks(leaks: LeakReport, note: (text: string) => void): void {
  if (leaks.leaks) {
    note(
      `warning: LEAK, as allowed: ${describeLeaks(leaks).join("; ")}; the model and every result of it will say so`,
    );
  }
  if (leaks.withoutPatient > 0) {
    note(
      `warning: ${leaks.withoutPatient} records name no patient: whether a patient stands in two splits cannot be checked for them`,
    );
  }
}
