/**
 * @file Writes the report of a film from its findings, and the distilled context that belongs to it.
 *
 * The wording is the project's own. A report says nothing that the film does not show, but need not say everything: an
 * absent finding goes unmentioned at times, as in real reports.
 */
import type { RandomStream } from "../../../util/random.ts";
import type { Patient } from "../anatomy/patient.ts";
import type { Effusion, Finding } from "../findings/finding.ts";
import { alwaysTrue } from "./always-true.ts";
import { describeEffusions } from "./describe-effusion.ts";
import {
  describeCardiomegaly,
  describeConsolidation,
  describeNodule,
  describePneumothorax,
} from "./describe-finding.ts";
import { clearLungs, denyAbsent, normalHeart, soundSide } from "./describe-normal.ts";
import { describeIndication, describePatient, describeView } from "./describe-patient.ts";
import { contextOf, ENTITY_OF, type Fact, type Statement, statement } from "./fact.ts";
import { listOf } from "./words.ts";

/** What a report is about. */
export interface ReportSubject {
  readonly findings: readonly Finding[];
  readonly patient: Patient;
}

/** A report with its distilled context. */
export interface WrittenReport {
  readonly report: string;
  /** One short sentence for each entity of the report. */
  readonly context: string;
  /** What the report says of each entity, in its order. */
  readonly facts: readonly Fact[];
}

function isEffusion(finding: Finding): finding is Effusion {
  return finding.kind === "effusion";
}

/** The sentences about one finding. Effusions are described together, so they have none here. */
function describe(finding: Finding, stream: RandomStream): Statement[] {
  switch (finding.kind) {
    case "effusion":
      return [];
    case "cardiomegaly":
      return [describeCardiomegaly(finding, stream)];
    case "pneumothorax":
      return [describePneumothorax(finding, stream)];
    case "consolidation":
      return describeConsolidation(finding, stream);
    case "nodule":
      return describeNodule(finding, stream);
    default:
      return finding satisfies never;
  }
}

/** What a finding is called in a summary. */
function summaryName(finding: Finding): string {
  if (finding.kind === "cardiomegaly") return "cardiomegaly";
  return `${finding.side} ${ENTITY_OF[finding.kind]}`;
}

/** The closing sentence of some reports: what was found, once more, or that nothing was. */
function conclude(findings: readonly Finding[], stream: RandomStream): Statement[] {
  if (stream.uniform() > (findings.length > 0 ? 0.3 : 0.6)) return [];
  if (findings.length > 0) {
    const names = listOf(findings.map(summaryName), "and");
    return [
      statement(
        stream
          .pick(["impression: {it}", "in summary, {it}", "{it} as described"])
          .replace("{it}", names),
      ),
    ];
  }
  const text = stream.pick([
    "no acute cardiopulmonary abnormality",
    "no acute cardiopulmonary process",
    "normal chest radiograph",
    "no acute disease is seen",
    "normal examination of the chest",
    "impression: no acute cardiopulmonary abnormality",
    "no acute findings",
    "no acute cardiopulmonary disease",
    "unremarkable chest radiograph without acute disease",
  ]);
  return [statement(text)];
}

/** Lets the last sentence that says that something is there go on with a clause. */
function withClause(statements: readonly Statement[], clause: Statement): Statement[] {
  const chosen = statements.findLastIndex(({ facts }) =>
    facts.some(({ status }) => status === "present"),
  );
  return statements.map((item, i) =>
    i === chosen
      ? {
          text: `${item.text.slice(0, -1)} ${clause.text}.`,
          facts: [...item.facts, ...clause.facts],
        }
      : item,
  );
}

/** The sections of a report: why it was made, findings, then what else is remarkable, then denials; the heart first or last. */
/** What is said of the heart, whether large or not; at times nothing where it is not. */
function describeHeart(findings: readonly Finding[], stream: RandomStream): Statement[] {
  const large = findings.filter(({ kind }) => kind === "cardiomegaly");
  if (large.length > 0) return large.flatMap((finding) => describe(finding, stream));
  return stream.uniform() < 0.88 ? [normalHeart(stream)] : [];
}

function compose({ findings, patient }: ReportSubject, stream: RandomStream): Statement[] {
  const effusions = findings.filter(isEffusion);
  const rest = findings.filter(({ kind }) => kind !== "cardiomegaly");
  const heartStatements = describeHeart(findings, stream);
  const lungs = [
    ...describeEffusions(effusions, stream),
    ...rest.flatMap((finding) => describe(finding, stream)),
  ];
  if (rest.length === 0 && stream.uniform() < 0.65) lungs.push(clearLungs(stream));
  const [only] = rest;
  const sound = rest.length === 1 && only !== undefined ? soundSide(only, stream) : [];
  const denials = denyAbsent(rest, stream);
  const lungsAndClause = denials.clause === undefined ? lungs : withClause(lungs, denials.clause);
  const remarks = [...describePatient(patient, stream), ...alwaysTrue(stream)];
  const heartFirst = stream.uniform() < 0.55;
  return [
    ...describeIndication(patient, stream),
    ...describeView(patient, stream),
    ...(heartFirst ? heartStatements : []),
    ...lungsAndClause,
    ...sound,
    ...denials.sentences,
    ...(heartFirst ? [] : heartStatements),
    ...remarks,
    ...conclude(findings, stream),
  ];
}

/** Writes a report: a pure function of its subject and the stream's draws. */
export function writeReport(subject: ReportSubject, stream: RandomStream): WrittenReport {
  const statements = compose(subject, stream);
  const facts = statements.flatMap((item) => item.facts);
  return {
    report: statements.map(({ text }) => text).join(" "),
    context: contextOf(facts, stream),
    facts,
  };
}
