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
  effusion: [
    "pleural effusion",
    "pleural effusion",
    "effusion",
    "large effusion",
    "sizable pleural effusion",
    "layering effusion",
  ],
  nodule: ["pulmonary nodule", "nodule", "suspicious nodule", "lung nodule", "discrete nodule"],
  pneumothorax: ["pneumothorax", "pneumothorax", "apical pneumothorax", "visible pneumothorax"],
  consolidation: [
    "focal consolidation",
    "consolidation",
    "airspace consolidation",
    "lobar consolidation",
    "confluent consolidation",
    "parenchymal consolidation",
  ],
};

/** Ways of saying that a list of things is absent; `{it}` stands for the list. The commonest stand several times. */
const DENIALS: readonly string[] = [
  "no {it}",
  "no {it}",
  "no {it} is seen",
  "no {it} is identified",
  "no {it} is demonstrated",
  "no {it} is present",
  "no definite {it}",
  "no definite {it} is seen",
  "no radiographic evidence of {it}",
  "no evidence of {it}",
  "no evidence of {it}",
  "there is no {it}",
  "there is no {it}",
  "there is no {it}",
  "there is no {it} on this study",
  "there is no evidence of {it}",
  "there is no evidence of {it}",
  "there is no evidence of {it}",
  "there is no radiographic evidence of {it}",
  "there is no convincing {it}",
  "negative for {it}",
  "the study is negative for {it}",
  "{it} is not seen",
  "{it} is not identified",
  "the chest is without {it}",
  "without evidence of {it}",
  "the lungs are without {it}",
];

/** Ways of denying effusion and air in the pleural space that name no list. */
const OWN_DENIALS: Readonly<Partial<Record<FindingKind, readonly string[]>>> = {
  effusion: [
    "there are no pleural effusions",
    "there are no effusions",
    "no pleural effusions are seen",
    "no effusion on either side",
    "the costophrenic angles are sharp without effusion",
    "the pleural spaces are without effusion",
  ],
  pneumothorax: [
    "no pleural line is seen to suggest pneumothorax",
    "both lungs are expanded without pneumothorax",
    "there is no pneumothorax on either side",
  ],
  consolidation: [
    "there are no areas of consolidation",
    "no focus of consolidation is seen in either lung",
  ],
  nodule: ["there are no pulmonary nodules", "no nodules are seen"],
};

/** How often a single kind is denied in its own way. */
const OWN_SHARE = 0.3;

/** The kinds that a set of findings lacks. */
function absentKinds(findings: readonly Finding[]): FindingKind[] {
  const present = new Set(findings.map(({ kind }) => kind));
  return FINDING_KINDS.filter((kind) => !present.has(kind));
}

function absent(kind: FindingKind): Fact {
  return { entity: ENTITY_OF[kind], status: "absent" };
}

function deny(kinds: readonly FindingKind[], stream: RandomStream): Statement {
  const [only] = kinds;
  const own = kinds.length === 1 && only !== undefined ? OWN_DENIALS[only] : undefined;
  const text =
    own !== undefined && stream.uniform() < OWN_SHARE
      ? stream.pick(own)
      : stream.pick(DENIALS).replace("{it}", listOf(namesOf(kinds, stream), "or"));
  return statement(text, ...kinds.map(absent));
}

function namesOf(kinds: readonly FindingKind[], stream: RandomStream): string[] {
  return kinds.map((kind) => stream.pick(NAMES[kind]));
}

/** How often a sentence that asserts something goes on with what is absent. */
const CLAUSE_SHARE = 0.22;

/** A denial that goes on a sentence: ` without pneumothorax`. */
export interface Denials {
  /** At the end of the last sentence about a finding, where there is one. */
  readonly clause: Statement | undefined;
  readonly sentences: readonly Statement[];
}

/** Denies some of the absent kinds, in one, two or three sentences, the first at times as a clause of the sentence before. */
export function denyAbsent(findings: readonly Finding[], stream: RandomStream): Denials {
  const kinds = absentKinds(findings).filter((kind) => stream.uniform() < MENTION_SHARE[kind]);
  const shuffled = [...stream.permutation(kinds.length)].flatMap((i) => kinds[i] ?? []);
  const sentences: Statement[] = [];
  let clause: Statement | undefined;
  while (shuffled.length > 0) {
    const count = stream.uniform() < 0.3 ? 1 : stream.uniform() < 0.7 ? 2 : 3;
    const denied = shuffled.splice(0, count);
    const isFirst = clause === undefined && sentences.length === 0;
    if (isFirst && findings.length > 0 && stream.uniform() < CLAUSE_SHARE) {
      const words = stream.pick(["without", "without evidence of", "without associated"]);
      const text = `${words} ${listOf(namesOf(denied, stream), "or")}`;
      clause = { text, facts: denied.map(absent) };
    } else sentences.push(deny(denied, stream));
  }
  return { clause, sentences };
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
    "the heart is normal in size",
    "the heart size and contour are normal",
    "cardiac size is normal, and the heart is unremarkable",
    "the cardiac silhouette is of normal size",
    "the heart is of normal size and configuration",
    "the heart size is normal for age",
    "cardiac silhouette size is normal",
    "the cardiac silhouette is not enlarged",
    "there is no evidence of cardiomegaly",
    "there is no evidence of cardiomegaly",
    "there is no cardiomegaly",
    "no cardiomegaly",
    "no evidence of cardiomegaly",
    "negative for cardiomegaly",
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
      "the lung fields are clear",
      "lungs clear",
      "the lungs appear clear",
      "the lungs are clear and well expanded",
      "the lungs are symmetrically aerated and clear",
      "the visualized lungs are clear",
      "both lung fields appear clear",
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
