/** @file Verification results as text for people and as JSON lines for programs. */
import type { Check, FixtureResult } from "./verify.ts";

/** One line of JSON. An error that is not a finite number is `null` there. */
export function renderJson({ fixture, kind, pass, checks }: FixtureResult): string {
  return JSON.stringify({
    fixture,
    kind,
    pass,
    checks: checks.map(({ name, error, bound, pass: passes }) => ({
      name,
      error,
      bound,
      pass: passes,
    })),
  });
}

function byNeed(checks: readonly Check[]): readonly Check[] {
  // Failures first even where the slack needed is equal; infinity minus infinity is NaN, hence the comparison.
  return checks.toSorted((a, b) => {
    if (a.pass !== b.pass) return a.pass ? 1 : -1;
    return a.slackNeeded === b.slackNeeded ? 0 : b.slackNeeded - a.slackNeeded;
  });
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value) || (Number.isInteger(value) && value < 10_000)) return `${value}`;
  return value >= 0.01 && value < 100 ? value.toPrecision(3) : value.toExponential(2);
}

function formatNeed(slackNeeded: number): string {
  if (slackNeeded === Number.POSITIVE_INFINITY) return "∞";
  return slackNeeded === 0 ? "0" : slackNeeded.toPrecision(3);
}

/** Rows with their columns aligned, each to the left (`l`) or to the right (`r`). */
function alignColumns(rows: readonly (readonly string[])[], sides: string): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return sides[column] === "l" ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

function verdict(pass: boolean): string {
  return pass ? "pass" : "FAIL";
}

/** A fixture's checks, worst first: each with its error, its bound, and the ratio of the error to the fixture's figure. */
export function renderResult({ fixture, kind, pass, checks }: FixtureResult): string {
  const rows = byNeed(checks).map(({ name, error, bound, pass: passes, slackNeeded }) => [
    name,
    formatNumber(error),
    formatNumber(bound),
    formatNeed(slackNeeded),
    verdict(passes),
  ]);
  const table = alignColumns([["check", "error", "bound", "ratio", ""], ...rows], "lrrrl");
  const title = `${fixture} (${kind}): ${verdict(pass)}`;
  const body = checks.length === 0 ? ["nothing was checked"] : table;
  return [title, ...body.map((line) => `  ${line}`)].join("\n");
}

/** One line a fixture, the one that needs most slack first, then how many pass. */
export function renderSummary(results: readonly FixtureResult[]): string {
  const worst = results.map((result) => ({ result, check: byNeed(result.checks)[0] }));
  worst.sort((a, b) => {
    const need = (check: Check | undefined) => check?.slackNeeded ?? Number.POSITIVE_INFINITY;
    if (a.result.pass !== b.result.pass) return a.result.pass ? 1 : -1;
    return need(a.check) === need(b.check) ? 0 : need(b.check) - need(a.check);
  });
  const rows = worst.map(({ result, check }) => [
    result.fixture,
    result.kind,
    verdict(result.pass),
    `${result.checks.length}`,
    check === undefined ? "" : formatNeed(check.slackNeeded),
    check?.name ?? "nothing was checked",
  ]);
  const header = ["fixture", "kind", "", "checks", "slack needed", "by"];
  const passed = results.filter(({ pass }) => pass).length;
  return [
    ...alignColumns([header, ...rows], "lllrrl"),
    `${passed} of ${results.length} fixtures pass`,
  ].join("\n");
}
