/** @file Words that describe an entity: on which side, where, how grave, and what became of it since the picture before. */
import type { Change, Side } from "../record.ts";

/** Words of a side. What lies in both lungs by its name (`bibasilar`) is a place too; see `LOCATIONS`. */
export const SIDES: Readonly<Record<Side, string>> = {
  left: "left, left sided, lt",
  right: "right, right sided, rt",
  bilateral:
    "bilateral, bilaterally, both, both lungs, left and right, right and left, right greater than left, left greater than right",
};

/** Places that say that both sides are meant. */
export const BOTH_SIDES: string =
  "bibasilar, bibasal, bibasally, biapical, bilateral lower lobe, bilateral upper lobe, biapically";

/** Places, as reports spell them. */
export const LOCATIONS: string = `upper lobe, upper lobes, middle lobe, lower lobe, lower lobes, lobe, lingula, lingular, base, bases, lung base,
  lung bases, basilar, basal, apex, apices, apical, lung apex, lung apices, midlung, mid lung, mid lungs, mid lung zone, upper lung, upper lungs,
  upper lung zone, lower lung, lower lungs, lower lung zone, upper lung field, lower lung field, mid lung field, upper zone, mid zone, lower zone,
  perihilar, parahilar, suprahilar, infrahilar, retrocardiac, paratracheal, hilum, hila, hilar, costophrenic angle, costophrenic angles,
  costophrenic sulcus, fissure, minor fissure, major fissure, hemithorax, lung, lungs, basilar region, perihilar region, retrocardiac region,
  subsegmental, pleural space, chest wall, axilla, axillary, jugular, internal jugular, subclavian, cavoatrial junction,
  superior vena cava, svc, right atrium, anterior, posterior, lateral, medial, cardiophrenic angle, lung field, lung fields,
  rib, ribs, clavicle, spine, thoracic spine, vertebral, thoracic, sternum, humerus, shoulder, cervical, upper quadrant, central, peripheral,
  bony, osseous, cardiopulmonary, pulmonary, cardiac, intrathoracic, bone, pleural, mediastinal, skeletal`;

/** How grave, how large. */
export const SEVERITIES: string = `trace, tiny, minimal, minimally, small, mild, mildly, slight, slightly, moderate, moderately, large, marked, markedly,
  severe, severely, extensive, massive, minor, mild to moderate, moderate to severe, small to moderate, moderate to large, minimal to mild,
  acute, subtle, faint, low grade, gross, overt, significant, sizable, moderate sized, small sized`;

/** The adjective of an adverb, so that a context says `mild cardiomegaly` of a mildly enlarged heart. */
export const ADJECTIVES: ReadonlyMap<string, string> = new Map([
  ["minimally", "minimal"],
  ["mildly", "mild"],
  ["slightly", "slight"],
  ["moderately", "moderate"],
  ["markedly", "marked"],
  ["severely", "severe"],
]);

/** What became of it since. */
export const CHANGE_WORDS: Readonly<Record<Change, string>> = {
  new: "new, newly, interval development of, has developed, have developed, new since, developing",
  increased:
    "increased, increasing, increase in, worsening, worsened, worse, larger, progressed, progressing, progression of, progressive, interval increase, interval worsening",
  decreased:
    "decreased, decreasing, decrease in, improved, improving, improvement in, smaller, resolving, diminished, partially resolved, almost completely resolved, nearly resolved, nearly completely resolved, mostly resolved, interval decrease, interval improvement, less prominent",
  unchanged:
    "stable, unchanged, persistent, persisting, persists, persist, similar, again, no change, without change, not significantly changed, not changed, unchanged from, redemonstration of, redemonstrated, chronic, old, grossly stable",
};

/** Words that begin something that is there: after a comma they end a denial, unless an `or` shows that its list goes on. */
export const ASSERTIVE: ReadonlySet<string> = new Set(
  "mild mildly minimal minimally small stable unchanged persistent moderate moderately again slight slightly tiny trace old healed chronic calcified increased improved new scattered multiple status a an another few several some".split(
    " ",
  ),
);
