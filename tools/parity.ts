/**
 * @file Replays fixtures and writes what was measured into the table of docs/parity.md, between its two markers.
 *
 * Usage: node --import tsx tools/parity.ts FIXTURE..
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { openDevice } from "../src/engine/runtime/device.ts";
import { type FixtureResult, verifyFixtures } from "../src/verify/verify.ts";
import { ROOT } from "./files.ts";

const PAGE = join(ROOT, "docs", "parity.md");
const BEGIN = "<!-- measured: begin -->";
const END = "<!-- measured: end -->";

const { provider, threads } = openDevice();
const rows: string[] = [];
for await (const result of verifyFixtures(process.argv.slice(2), { device: provider, threads })) {
  rows.push(row(result));
  console.error(rows.at(-1));
}
const table = [
  "| fixture | kind | checks | | largest error ÷ bound | of |",
  "| --- | --- | --- | --- | --- | --- |",
  ...rows.sort(),
].join("\n");
const [before, after] = splitPage(readFileSync(PAGE, "utf8"));
writeFileSync(PAGE, `${before}${BEGIN}\n${table}\n${END}${after}`);

/** A fixture with the check that comes nearest to its bound, the bound being the fixture's own figure (slack 1). */
function row({ fixture, kind, pass, checks }: FixtureResult): string {
  const worst = [...checks].sort((a, b) => b.slackNeeded - a.slackNeeded)[0];
  const verdict = pass ? "pass" : "**FAIL**";
  const ratio = worst === undefined ? "" : worst.slackNeeded.toPrecision(2);
  return `| ${basename(fixture)} | ${kind} | ${checks.length} | ${verdict} | ${ratio} | \`${worst?.name ?? ""}\` |`;
}

function splitPage(text: string): readonly [string, string] {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`Cannot fill "${PAGE}": it lacks the markers ${BEGIN} and ${END}`);
  }
  return [before, after];
}
