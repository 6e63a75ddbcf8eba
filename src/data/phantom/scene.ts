/** @file Puts a patient and findings together: what each finding does to the chest before it is projected. */
import type { RandomStream } from "../../util/random.ts";
import type { LungShift } from "./anatomy/lung-trees.ts";
import type { Patient } from "./anatomy/patient.ts";
import { type Side, type SidePoint, signOf } from "./anatomy/side.ts";
import { makeThorax, type Thorax } from "./anatomy/thorax.ts";
import { withCardiomegaly } from "./findings/cardiomegaly.ts";
import { placeConsolidation } from "./findings/consolidation.ts";
import { fluidShare, mediastinalShift } from "./findings/effusion.ts";
import type { Finding } from "./findings/finding.ts";
import { type PlacedNodule, placeNodule } from "./findings/nodule.ts";
import { collapseLung } from "./findings/pneumothorax.ts";
import type { CavityContent } from "./projection/project.ts";

/** A chest with its findings in place. */
export interface Scene {
  readonly thorax: Thorax;
  /** What fills each pleural cavity. */
  readonly contents: Readonly<Record<Side, CavityContent>>;
  /** Where each lung's points have moved to. */
  readonly shifts: Readonly<Record<Side, LungShift>>;
  readonly nodules: readonly PlacedNodule[];
  /** Pleural lines, one for each collapsed lung. */
  readonly pleuralLines: readonly { readonly side: Side; readonly points: readonly SidePoint[] }[];
}

const unmoved: LungShift = (u, y) => ({ u, y });

function withFindings(patient: Patient, findings: readonly Finding[]): Thorax {
  let changed = patient;
  let shift = 0;
  for (const finding of findings) {
    if (finding.kind === "cardiomegaly") changed = withCardiomegaly(changed, finding);
    if (finding.kind === "effusion") shift -= signOf(finding.side) * mediastinalShift(finding);
  }
  return makeThorax(changed, { shift });
}

/**
 * Arranges a chest.
 * @param stream draws where in their zones the findings lie
 */
export function arrangeScene(
  patient: Patient,
  findings: readonly Finding[],
  stream: RandomStream,
): Scene {
  const thorax = withFindings(patient, findings);
  const contents: Record<Side, CavityContent> = { left: {}, right: {} };
  const shifts: Record<Side, LungShift> = { left: unmoved, right: unmoved };
  const nodules: PlacedNodule[] = [];
  const pleuralLines: { side: Side; points: readonly SidePoint[] }[] = [];
  for (const finding of findings) {
    if (finding.kind === "cardiomegaly") continue;
    const { side } = finding;
    const cavity = thorax.cavities[side];
    const add = (content: CavityContent): void => {
      contents[side] = { ...contents[side], ...content };
    };
    switch (finding.kind) {
      case "effusion":
        add({ fluidShare: (u, y) => fluidShare(finding, cavity, { u, y }) });
        break;
      case "pneumothorax": {
        const { shift, depth, line } = collapseLung(finding, cavity);
        add({ lungDepth: depth });
        shifts[side] = shift;
        pleuralLines.push({ side, points: line });
        break;
      }
      case "consolidation":
        add({
          filledShare: placeConsolidation(finding, cavity, stream),
          bronchograms: finding.bronchograms,
        });
        break;
      case "nodule":
        nodules.push(placeNodule(finding, cavity, stream));
        break;
      default:
        finding satisfies never;
    }
  }
  return { thorax, contents, shifts, nodules, pleuralLines };
}
