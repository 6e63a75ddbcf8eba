/** @file Sentences about what is not there: normal parts, and the negations that fill real reports. */
import type { RandomStream } from "../../../util/random.ts";
import { FINDING_KINDS, type Finding, type FindingKind } from "../findings/finding.ts";
import { ENTITY_OF, type Fact, type Statement, statement } from "./fact.ts";
import { listOf } from "./words.ts";

/** How often a report mentions that a kind is absent; a heart of normal size has its own sentence. */
const MENTION_SHARE: Readonly<Record<FindingKind, number>> = {
  cardiomegaly: 0,
  effusion: 0.92,
  nodule: 0.22,
  pneumothorax: 0.92,
  consolidation: 0.82,
};

const NAMES: Readonly<Record<FindingKind, readonly string[]>> = {
  cardiomegaly: ["cardiomegaly"],
  effusion: ["pleural effusion", "pleural effusion", "effusion"],
  nodule: ["pulmonary nodule", "nodule", "suspicious nodule"],
  pneumothorax: ["pneumothorax"],
  consolidation: ["focal consolidation", "consolidation", "airspace consolidation"],
};

/** The kinds that a set of findings lacks. */
function absentKinds(findings: readonly Finding[]): FindingKind[] {
  const present = new Set(findings.map(({ kind }) => kind));
  return FINDING_KINDS.filter((kind) => !present.has(kind));
}

function absent(kind: FindingKind): Fact {
  return { entity: ENTITY_OF[kind], status: "absent" };
}

function deny(kinds: readonly FindingKind[], stream: RandomStream): Statement {
  const names = kinds.map((kind) => stream.pick(NAMES[kind]));
  const either = listOf(names, "or");
  const text = stream.pick([
    `no ${either}`,
    `no ${either} is seen`,
    `no ${either} is identified`,
    `there is no ${either}`,
    `there is no ${either}`,
    `there is no evidence of ${either}`,
    `there is no evidence of ${either}`,
    `no evidence of ${either}`,
    `negative for ${either}`,
  ]);
  return statement(text, ...kinds.map(absent));
}

/** Denies some of the absent kinds, in one, two or three sentences. */
export function denyAbsent(findings: readonly Finding[], stream: RandomStream): Statement[] {
  const kinds = absentKinds(findings).filter((kind) => stream.uniform() < MENTION_SHARE[kind]);
  const shuffled = [...stream.permutation(kinds.length)].flatMap((i) => kinds[i] ?? []);
  const statements: Statement[] = [];
  while (shuffled.length > 0) {
    const count = stream.uniform() < 0.3 ? 1 : stream.uniform() < 0.7 ? 2 : 3;
    statements.push(deny(shuffled.splice(0, count), stream));
  }
  return statements;
}

/** Says that the heart is of normal size. */
export function normalHeart(stream: RandomStream): Statement {
  const text = stream.pick([
    "the heart size is normal",
    "heart size is within normal limits",
    "the cardiac silhouette is normal in size",
    "the heart is not enlarged",
    "the cardiac silhouette is unremarkable",
    "normal heart size",
    "there is no evidence of cardiomegaly",
    "there is no cardiomegaly",
  ]);
  return statement(text, absent("cardiomegaly"));
}

/** Says that the lungs are clear; only where nothing at all is wrong with them. */
export function clearLungs(stream: RandomStream): Statement {
  return statement(
    stream.pick([
      "the lungs are clear",
      "the lungs are well expanded and clear",
      "both lungs are clear",
      "lungs are clear bilaterally",
      "the lungs are well aerated without focal opacity",
    ]),
  );
}

/** Says that the other side of a one-sided finding is sound. */
export function soundSide(finding: Finding, stream: RandomStream): Statement[] {
  if (finding.kind === "cardiomegaly" || stream.uniform() > 0.3) return [];
  const side = finding.side === "left" ? "right" : "left";
  if (finding.kind === "effusion") return [statement(`the ${side} costophrenic angle is sharp`)];
  if (finding.kind === "pneumothorax") return [statement(`the ${side} lung is fully expanded`)];
  return [];
}

function denied(text: string, entity: string): Statement {
  return statement(text, { entity, status: "absent" });
}

/** Sentences that hold on every film. */
const ALWAYS_TRUE: readonly Statement[] = [
  denied("there is no acute osseous abnormality", "acute osseous abnormality"),
  denied("no acute bony abnormality is seen", "acute osseous abnormality"),
  denied("no displaced rib fracture is identified", "fracture"),
  denied("there is no evidence of fracture", "fracture"),
  denied("there is no pulmonary edema", "pulmonary edema"),
  denied("no overt pulmonary edema", "pulmonary edema"),
  denied("the pulmonary vasculature is not engorged", "vascular congestion"),
  denied("there is no evidence of vascular congestion", "vascular congestion"),
  statement("the visualized bony structures are intact"),
  statement("hilar contours are normal"),
  statement("pulmonary vasculature is within normal limits"),
  statement("the upper abdomen is unremarkable"),
  statement("clinical correlation is recommended"),
];

/** Some sentences that hold on every film, each entity once. */
export function alwaysTrue(stream: RandomStream): Statement[] {
  const count = stream.integer(4);
  const order = stream.permutation(ALWAYS_TRUE.length);
  const chosen: Statement[] = [];
  const entities = new Set<string>();
  for (const index of order) {
    const candidate = ALWAYS_TRUE[index];
    if (candidate === undefined || chosen.length === count) break;
    const entity = candidate.facts[0]?.entity;
    if (entity !== undefined && entities.has(entity)) continue;
    if (entity !== undefined) entities.add(entity);
    chosen.push(candidate);
  }
  return chosen;
}
