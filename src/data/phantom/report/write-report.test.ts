import assert from "node:assert/strict";
import { test } from "node:test";
import { RandomStream } from "../../../util/random.ts";
import { drawPatient } from "../anatomy/patient.ts";
import { drawFindings } from "../findings/draw-findings.ts";
import { CLASS_OF, FINDING_KINDS, type Finding, type FindingKind } from "../findings/finding.ts";
import { type WrittenReport, writeReport } from "./write-report.ts";

interface Case {
  readonly findings: readonly Finding[];
  readonly written: WrittenReport;
}

function write(step: number): Case {
  const stream = (name: string): RandomStream => new RandomStream({ seed: 5, name, step });
  const findings = drawFindings(stream("test/findings"));
  const patient = drawPatient(stream("test/patient"));
  return { findings, written: writeReport({ findings, patient }, stream("test/report")) };
}

const CASES: readonly Case[] = Array.from({ length: 1200 }, (_, step) => write(step));

/** How a reader recognises each kind, without help from the writer. */
const WORDS: Readonly<Record<FindingKind, RegExp>> = {
  cardiomegaly: /cardiomegaly|enlarge|(?:heart|silhouette) .*(?:normal|unremarkable)|heart size/i,
  effusion: /effusion/i,
  nodule: /nodule/i,
  pneumothorax: /pneumothorax/i,
  consolidation: /consolidation/i,
};
const DENIAL = /\b(?:no|not|negative|normal|without|unremarkable)\b/i;

/** Sentences and the clauses that end them with a denial; a full stop between digits ends none. */
function sentences(text: string): string[] {
  return text.split(/(?<=\.)\s|\s(?=without\b)/);
}

function mentions(report: string, kind: FindingKind): string[] {
  return sentences(report).filter((sentence) => WORDS[kind].test(sentence));
}

test("writeReport() asserts every finding that there is, and no other", () => {
  for (const { findings, written } of CASES) {
    for (const kind of FINDING_KINDS) {
      const positive = mentions(written.report, kind).filter((sentence) => !DENIAL.test(sentence));
      const isThere = findings.some((finding) => finding.kind === kind);
      assert.equal(positive.length > 0, isThere, `${CLASS_OF[kind]}: ${written.report}`);
      const denied = mentions(written.report, kind).some((sentence) => DENIAL.test(sentence));
      assert.ok(!(denied && isThere), `${CLASS_OF[kind]} is denied: ${written.report}`);
    }
  }
});

test("writeReport() names the side and size of each finding", () => {
  for (const { findings, written } of CASES) {
    for (const finding of findings) {
      if (finding.kind === "cardiomegaly") continue;
      const texts = mentions(written.report, finding.kind);
      const side = new RegExp(`\\b${finding.side}\\b|\\bbilateral\\b`, "i");
      const own = texts.filter((text) => side.test(text));
      assert.ok(own.length > 0, `no ${finding.side} ${finding.kind}: ${written.report}`);
      if (finding.kind !== "nodule") continue;
      const sizes = own.flatMap((text) => {
        const [, value, unit] = /(\d+(?:\.\d+)?) (mm|cm)/.exec(text) ?? [];
        return value === undefined ? [] : Math.round(Number(value) * (unit === "cm" ? 10 : 1));
      });
      assert.ok(sizes.includes(finding.diameterMm), `${finding.diameterMm} mm: ${written.report}`);
    }
  }
});

test("writeReport() never calls lungs clear that are not", () => {
  for (const { findings, written } of CASES) {
    if (!/\bclear\b|without focal opacity|normal (?:chest|examination)/i.test(written.report))
      continue;
    assert.deepEqual(
      findings.filter(({ kind }) => kind !== "cardiomegaly"),
      [],
      written.report,
    );
  }
});

test("writeReport() gives one context sentence to each entity of the report, and to no other", () => {
  for (const { written } of CASES) {
    const parts = sentences(written.context).filter((part) => part !== "");
    const keys = written.facts.map(({ entity, side, status }) => `${entity} ${side} ${status}`);
    assert.equal(parts.length, new Set(keys).size, written.context);
    for (const part of parts) assert.match(part, /^[a-z].*\.$/);
    for (const { entity, status, severity, side } of written.facts) {
      const own = parts.filter((part) => part.includes(entity));
      assert.ok(own.length > 0, `${entity}: ${written.context}`);
      assert.equal(
        own.some((part) => /\bno\b/.test(part)),
        status === "absent",
      );
      if (severity !== undefined) assert.ok(own.some((part) => part.includes(severity)));
      if (side !== undefined) assert.ok(own.some((part) => part.includes(side)));
    }
  }
});

/** A severity may stand as an adverb, as in `slightly enlarged`. */
const SEVERITY_STEMS: Readonly<Record<string, RegExp>> = {
  mild: /mild|slight/i,
  severe: /severe|marked/i,
};

test("writeReport() says of an entity only what the report says", () => {
  for (const { written } of CASES) {
    for (const { severity, quality, side, location, size } of written.facts) {
      for (const word of [severity, quality, side, location, size]) {
        if (word === undefined) continue;
        assert.match(written.report, SEVERITY_STEMS[word] ?? new RegExp(word, "i"));
      }
    }
  }
});

test("writeReport() words things in many ways", () => {
  const distinct = new Set(CASES.map(({ written }) => written.report));
  assert.ok(distinct.size > 0.995 * CASES.length, `${distinct.size} distinct reports`);
  const own = new Set(CASES.flatMap(({ written }) => written.report.split(/(?<=\.)\s/)));
  assert.ok(own.size > 1800, `${own.size} distinct sentences`);
  const words = new Set(CASES.flatMap(({ written }) => written.report.match(/[a-z]+/gi) ?? []));
  assert.ok(words.size > 320, `${words.size} distinct words`);
});

test("writeReport() denies by templates as real reports do, and says what has no bearing", () => {
  const shares: readonly (readonly [phrase: RegExp, least: number, most: number])[] = [
    [/\bthere is no evidence of\b/i, 0.3, 0.5],
    [/\bthere is no\b/i, 0.6, 0.85],
    [/\bno\b/i, 0.9, 1],
    [/\bwithout\b/i, 0.2, 0.45],
    [/\bnegative for\b/i, 0.05, 0.2],
    [/\bindication|history of|reason for|year-old|presents with|clinical information/i, 0.3, 0.5],
    [/\bcomparison|clinical(?:ly)?\b/i, 0.1, 0.6],
  ];
  for (const [phrase, least, most] of shares) {
    const share = CASES.filter(({ written }) => phrase.test(written.report)).length / CASES.length;
    assert.ok(share > least && share < most, `${phrase}: ${share}`);
  }
});
