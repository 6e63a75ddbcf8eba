/** @file Consolidation: fluffy patches of filled airspace that run together, with air-filled bronchi in them at times. */
import type { RandomStream } from "../../../util/random.ts";
import type { Cavity } from "../anatomy/cavity.ts";
import type { Side } from "../anatomy/side.ts";
import { textureAt } from "../projection/texture.ts";
import type { Consolidation, Zone } from "./finding.ts";
import { drawFrom } from "./range.ts";
import { pointInZone } from "./zone.ts";

const DEGREES = {
  mild: { radius: [18, 26], filling: [0.26, 0.36] },
  moderate: { radius: [25, 36], filling: [0.38, 0.5] },
  severe: { radius: [34, 48], filling: [0.52, 0.68] },
} as const;

/** Draws a consolidation of a zone. */
export function drawConsolidation(
  { side, zone }: { side: Side; zone: Zone },
  stream: RandomStream,
): Consolidation {
  const draw = stream.uniform();
  const severity = draw < 0.3 ? "mild" : draw < 0.72 ? "moderate" : "severe";
  const { radius, filling } = DEGREES[severity];
  return {
    kind: "consolidation",
    side,
    zone,
    severity,
    radiusMm: drawFrom(radius, stream),
    filling: drawFrom(filling, stream),
    bronchograms: severity !== "mild" && stream.uniform() < 0.65,
  };
}

/** One of the patches that a consolidation consists of. */
interface Patch {
  readonly u: number;
  readonly y: number;
  /** 1 / half-width². */
  readonly sharpness: number;
}

/** Puts a consolidation into its zone: the share (0 … 1) of airspace along the ray at (u, y) that is filled. */
export function placeConsolidation(
  finding: Consolidation,
  cavity: Cavity,
  stream: RandomStream,
): (u: number, y: number) => number {
  const { radiusMm: radius, zone } = finding;
  const centre = pointInZone({ cavity, zone, margin: 0.55 * radius }, stream);
  const patches: Patch[] = [{ ...centre, sharpness: 1 / (0.75 * radius) ** 2 }];
  for (let i = 0; i < 6; i++) {
    const angle = 2 * Math.PI * stream.uniform();
    const distance = radius * stream.between(0.3, 0.85);
    patches.push({
      u: centre.u + 1.05 * distance * Math.cos(angle),
      y: centre.y + 0.8 * distance * Math.sin(angle),
      sharpness: 1 / (radius * stream.between(0.38, 0.65)) ** 2,
    });
  }
  const grain = { x: 256 * stream.uniform(), y: 256 * stream.uniform() };
  const reach = 2.4 * radius;
  return (u, y) => {
    if (Math.abs(u - centre.u) > reach || Math.abs(y - centre.y) > reach) return 0;
    let sum = 0;
    for (const patch of patches) {
      const du = u - patch.u;
      const dy = y - patch.y;
      sum += Math.exp(-(du * du + dy * dy) * patch.sharpness);
    }
    if (sum < 0.02) return 0;
    const fine = textureAt(1.1 * u + grain.x, 1.1 * y + grain.y);
    const coarse = textureAt(0.35 * u + grain.y, 0.35 * y + grain.x);
    const fluff = sum * Math.max(0, 1 + 0.22 * fine + 0.35 * coarse);
    return finding.filling * (1 - Math.exp(-1.1 * fluff));
  };
}
