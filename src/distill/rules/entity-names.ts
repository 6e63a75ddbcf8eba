/** @file What contexts call the entities of a lexicon, and which of them are no findings when they stand alone. */
import type { FindingLabel } from "../../text/lexicon.ts";

/** What the chest's findings are called, by entity and label: an effusion of another lexicon may be one of the knee. */
export const FINDING_NAMES: Readonly<Partial<Record<FindingLabel, ReadonlyMap<string, string>>>> = {
  Pleural_Effusion: new Map([["effusion", "pleural effusion"]]),
  Edema: new Map([["edema", "pulmonary edema"]]),
};

/** Names that differ from the entity's own. */
export const ENTITY_NAMES: ReadonlyMap<string, string> = new Map([
  ["hyperinflate", "hyperinflation"],
  ["hypoinflate", "hypoinflation"],
  ["infection", "infectious process"],
]);

/** Things that can be counted: one of them has an article. */
export const COUNTABLE: ReadonlySet<string> = new Set(
  "nodule,mass,lesion,granuloma,hernia,fracture,catheter,line,tube,port,pacemaker,defibrillator,prosthetic valve,stent,clip,wire,implant,shunt,graft marker,support device,abscess,cavity,aneurysm,mediastinal mass,bone lesion,foreign body,infectious process,abnormality,deformity,contusion,dislocation,eventration,neoplasm,widened mediastinum".split(
    ",",
  ),
);

/** Of the chest: parts of the body, and words that say nothing without what they are said of (`elevation`, `tortuosity`). */
export const NO_FINDINGS: ReadonlySet<string> = new Set(
  "heart,mediastinum,cardiomediastinal,aorta,contour,silhouette,hilar,perihilar,vasculature,hemidiaphragm,diaphragm,costophrenic angle,pleural line,end plate,aerate,bone density,elevation,obscure,tortuosity,blunting,thickening,dilation,distention,engorgement,lymph node,interstitial markings,soft tissue density,soft tissue mass,nipple shadow,deformity,heart disease".split(
    ",",
  ),
);
