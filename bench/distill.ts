/**
 * @file How fast the rules distil reports, and how well they read those that phantoms' generator writes: reports a second, recall of facts.
 *
 * Usage: node --import tsx bench/distill.ts [--reports 4000] [--seed 3] [--from REPORTS.jsonl --column text]
 * Without --from the reports are synthetic, and what the generator meant is compared with what the rules find. Prints JSON.
 */
import { parseArgs } from "node:util";
import { drawPatient } from "../src/data/phantom/anatomy/patient.ts";
import { drawFindings } from "../src/data/phantom/findings/draw-findings.ts";
import { ENTITY_OF, type Fact } from "../src/data/phantom/report/fact.ts";
import { writeReport } from "../src/data/phantom/report/write-report.ts";
import { createFindingCheck } from "../src/distill/check-finding.ts";
import { mergeStatuses } from "../src/distill/merge-statuses.ts";
import type { Finding, FindingStatus } from "../src/distill/record.ts";
import { createRulesReader } from "../src/distill/rules-provider.ts";
import { writeContext } from "../src/distill/write-context.ts";
import { CHEST_LEXICON } from "../src/text/lexicons/chest.ts";
import { readJsonLines } from "../src/util/jsonl.ts";
import { RandomStream } from "../src/util/random.ts";
import { environment } from "./support/report.ts";

const { values } = parseArgs({
  options: {
    reports: { type: "string", default: "4000" },
    seed: { type: "string", default: "3" },
    from: { type: "string" },
    column: { type: "string", default: "report" },
  },
});

/** What phantoms have; the rest of a report's facts is only said. */
const KINDS: ReadonlySet<string> = new Set(Object.values(ENTITY_OF));

interface BenchReport {
  readonly report: string;
  readonly facts: readonly Fact[];
}

const reports = values.from === undefined ? synthetic() : await fromFile(values.from);
const read = createRulesReader(CHEST_LEXICON);
const check = createFindingCheck(CHEST_LEXICON);
for (const { report } of reports.slice(0, 200)) read(report); // until the compiler has seen it

const [cpu, started] = [process.cpuUsage(), performance.now()];
const found = reports.map(({ report }) => {
  const reasonFor = check(report);
  const findings = read(report);
  const kept = findings.filter((finding) => reasonFor(finding) === undefined);
  writeContext(kept);
  return { kept, rejected: findings.length - kept.length };
});
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(cpu);

console.log(
  JSON.stringify(
    {
      bench: "distill",
      unit: "reports a second: findings by rules, their check, the context",
      reports: reports.length,
      characters: Math.round(sumOf(reports.map(({ report }) => report.length)) / reports.length),
      perSecond: Math.round(reports.length / seconds),
      perSecondOfCpu: Math.round(reports.length / ((user + system) / 1e6)),
      findings: sumOf(found.map(({ kept }) => kept.length)),
      rejected: sumOf(found.map(({ rejected }) => rejected)),
      ...(values.from === undefined && { facts: factRecall() }),
      environment: environment(),
    },
    null,
    2,
  ),
);

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function synthetic(): BenchReport[] {
  return Array.from({ length: Number(values.reports) }, (_, index) => {
    const stream = new RandomStream({ seed: Number(values.seed), name: `bench/distill/${index}` });
    const findings = drawFindings(stream);
    return writeReport({ findings, patient: drawPatient(stream) }, stream);
  });
}

async function fromFile(path: string): Promise<BenchReport[]> {
  const texts: BenchReport[] = [];
  for await (const { value } of readJsonLines(path)) {
    const report: unknown =
      typeof value === "object" && value !== null ? Reflect.get(value, values.column) : "";
    if (typeof report === "string") texts.push({ report, facts: [] });
  }
  return texts;
}

/** Of the statuses that the generator meant, by entity and report, the part that the rules read likewise. */
function factRecall(): Record<string, string> {
  const counts: Record<FindingStatus, { right: number; all: number }> = {
    present: { right: 0, all: 0 },
    absent: { right: 0, all: 0 },
    uncertain: { right: 0, all: 0 },
  };
  for (const [i, { facts }] of reports.entries()) {
    const given = statuses(found[i]?.kept ?? []);
    const named = facts
      .filter(({ entity }) => KINDS.has(entity))
      .map(({ entity, status }) => ({ entity: entity.replace("pleural ", ""), status }));
    for (const [entity, status] of statuses(named)) {
      counts[status].all += 1;
      if (given.get(entity) === status) counts[status].right += 1;
    }
  }
  return Object.fromEntries(
    Object.entries(counts).map(([status, { right, all }]) => [status, `${right} of ${all}`]),
  );
}

function statuses(
  findings: readonly Pick<Finding, "entity" | "status">[],
): ReadonlyMap<string, FindingStatus> {
  const merged = new Map<string, FindingStatus>();
  for (const { entity, status } of findings) {
    const before = merged.get(entity);
    merged.set(entity, before === undefined ? status : mergeStatuses(before, status));
  }
  return merged;
}
