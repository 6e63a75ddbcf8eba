/** @file Which findings a film shows: how many, which, where, so that they can be told apart. */
import type { RandomStream } from "../../../util/random.ts";
import { otherSide, SIDES, type Side } from "../anatomy/side.ts";
import { drawCardiomegaly } from "./cardiomegaly.ts";
import { drawConsolidation } from "./consolidation.ts";
import { drawEffusion } from "./effusion.ts";
import { FINDING_KINDS, type Finding, type FindingKind, type Zone } from "./finding.ts";
import { drawNodule } from "./nodule.ts";
import { drawPneumothorax } from "./pneumothorax.ts";
import { ZONES } from "./zone.ts";

/** Share of films without any finding. */
export const NORMAL_SHARE = 0.28;

/** Share of effusions that are on both sides. */
const BILATERAL_SHARE = 0.22;

function drawKinds(stream: RandomStream): ReadonlySet<FindingKind> {
  if (stream.uniform() < NORMAL_SHARE) return new Set();
  const draw = stream.uniform();
  const count = draw < 0.56 ? 1 : draw < 0.88 ? 2 : 3;
  const order = stream.permutation(FINDING_KINDS.length);
  return new Set([...order.slice(0, count)].flatMap((i) => FINDING_KINDS[i] ?? []));
}

/** Share of nodules that are sought in an upper zone first: that is where most are found in patients. */
const UPPER_NODULE_SHARE = 0.9;

/** Share of films with a nodule whose other lung has one, too. */
const SECOND_NODULE_SHARE = 0.5;

interface Place {
  readonly side: Side;
  readonly zone: Zone;
}

/** The sides and zones whose lung is aerated enough to show something in it. */
function freePlaces(findings: readonly Finding[]): readonly Place[] {
  const places = SIDES.flatMap((side) => ZONES.map((zone) => ({ side, zone })));
  return places.filter(({ side, zone }) =>
    findings.every((finding) => {
      if (finding.kind === "cardiomegaly") return side === "right" || zone !== "lower";
      if (finding.side !== side) return true;
      if (finding.kind === "pneumothorax") return false;
      if (finding.kind === "effusion") {
        return finding.severity === "small" ? zone !== "lower" : false;
      }
      return finding.zone !== zone;
    }),
  );
}

function drawNodules(findings: readonly Finding[], stream: RandomStream): Finding[] {
  const nodules: Finding[] = [];
  let free = freePlaces(findings);
  const wanted = stream.uniform() < SECOND_NODULE_SHARE ? 2 : 1;
  while (free.length > 0 && nodules.length < wanted) {
    const upper = free.filter(({ zone }) => zone === "upper");
    const fromUpper = stream.uniform() < UPPER_NODULE_SHARE && upper.length > 0;
    const place = stream.pick(fromUpper ? upper : free);
    nodules.push(drawNodule(place, stream));
    free = free.filter(({ side }) => side !== place.side);
  }
  return nodules;
}

/**
 * Draws a film's findings. A lung never holds air and fluid around it at once, and what lies in a lung is placed where
 * neither hides it; a finding for which no place is left is dropped.
 */
export function drawFindings(stream: RandomStream): readonly Finding[] {
  const kinds = drawKinds(stream);
  const findings: Finding[] = [];
  const side = stream.pick(SIDES);
  if (kinds.has("cardiomegaly")) findings.push(drawCardiomegaly(stream));
  if (kinds.has("pneumothorax")) findings.push(drawPneumothorax(side, stream));
  if (kinds.has("effusion")) {
    const first = kinds.has("pneumothorax") ? otherSide(side) : side;
    findings.push(drawEffusion(first, stream));
    const bilateral = !kinds.has("pneumothorax") && stream.uniform() < BILATERAL_SHARE;
    if (bilateral) findings.push(drawEffusion(otherSide(first), stream));
  }
  if (kinds.has("consolidation")) {
    const places = freePlaces(findings);
    if (places.length > 0) findings.push(drawConsolidation(stream.pick(places), stream));
  }
  if (kinds.has("nodule")) findings.push(...drawNodules(findings, stream));
  return findings;
}
