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

/** A side and zone whose lung is aerated enough to show something in it. */
function freePlace(
  findings: readonly Finding[],
  stream: RandomStream,
): { side: Side; zone: Zone } | undefined {
  const places = SIDES.flatMap((side) => ZONES.map((zone) => ({ side, zone })));
  const free = places.filter(({ side, zone }) =>
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
  return free.length === 0 ? undefined : stream.pick(free);
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
    const place = freePlace(findings, stream);
    if (place !== undefined) findings.push(drawConsolidation(place, stream));
  }
  if (kinds.has("nodule")) {
    const place = freePlace(findings, stream);
    if (place !== undefined) findings.push(drawNodule(place, stream));
  }
  return findings;
}
