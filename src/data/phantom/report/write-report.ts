/**
 * @file Writes the report of a film from its findings, and the distilled context that belongs to it.
 *
 * The wording is the project's own. A report says nothing that the film does not show, but need not say everything: an
 * absent finding goes unmentioned at times, as in real reports.
 */
import type { RandomStream } from "../../../util/random.ts";
import type { Patient } from "../anatomy/patient.ts";
import type { Effusion, Finding } from "../findings/finding.ts";
import { describeEffusions } from "./describe-effusion.ts";
import {
  describeCardiomegaly,
  describeConsolidation,
  describeNodule,
  describePneumothorax,
} from "./describe-finding.ts";
import { alwaysTrue, clearLungs, denyAbsent, normalHeart, soundSide } from "./describe-normal.ts";
import { describePatient, describeView } from "./describe-patient.ts";
import { contextOf, type Fact, type Statement, statement } from "./fact.ts";

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

/** The closing sentence of some reports. */
function conclude(findings: readonly Finding[], stream: RandomStream): Statement[] {
  if (findings.length > 0 || stream.uniform() > 0.6) return [];
  const text = stream.pick([
    "no acute cardiopulmonary abnormality",
    "no acute cardiopulmonary process",
    "normal chest radiograph",
    "no acute disease is seen",
    "normal examination of the chest",
  ]);
  return [statement(text)];
}

/** The sections of a report: findings, then what else is remarkable, then denials; the heart first or last. */
function compose({ findings, patient }: ReportSubject, stream: RandomStream): Statement[] {
  const effusions = findings.filter(isEffusion);
  const heart = findings.filter(({ kind }) => kind === "cardiomegaly");
  const rest = findings.filter(({ kind }) => kind !== "cardiomegaly");
  const heartStatements =
    heart.length > 0
      ? heart.flatMap((finding) => describe(finding, stream))
      : stream.uniform() < 0.88
        ? [normalHeart(stream)]
        : [];
  const lungs = [
    ...describeEffusions(effusions, stream),
    ...rest.flatMap((finding) => describe(finding, stream)),
  ];
  if (rest.length === 0 && stream.uniform() < 0.65) lungs.push(clearLungs(stream));
  const [only] = rest;
  const sound = rest.length === 1 && only !== undefined ? soundSide(only, stream) : [];
  const denials = denyAbsent(findings, stream);
  const remarks = [...describePatient(patient, stream), ...alwaysTrue(stream)];
  const heartFirst = stream.uniform() < 0.55;
  return [
    ...describeView(patient, stream),
    ...(heartFirst ? heartStatements : []),
    ...lungs,
    ...sound,
    ...denials,
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
