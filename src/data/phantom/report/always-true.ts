/** @file Sentences that hold on every film: denials of what phantoms never have, normal parts, and phrases that say nothing. */
import type { RandomStream } from "../../../util/random.ts";
import { type Statement, statement } from "./fact.ts";

/** Something that no phantom has, and the words for it. */
interface NeverThere {
  readonly entity: string;
  readonly names: readonly string[];
}

const NEVER_THERE: readonly NeverThere[] = [
  {
    entity: "acute osseous abnormality",
    names: ["acute osseous abnormality", "acute bony abnormality", "aggressive osseous lesion"],
  },
  { entity: "fracture", names: ["fracture", "displaced rib fracture", "acute fracture"] },
  { entity: "pulmonary edema", names: ["pulmonary edema", "overt pulmonary edema", "edema"] },
  {
    entity: "vascular congestion",
    names: ["vascular congestion", "pulmonary vascular congestion", "venous congestion"],
  },
  {
    entity: "pneumoperitoneum",
    names: ["pneumoperitoneum", "free air under the diaphragm", "free intraperitoneal air"],
  },
  { entity: "hiatal hernia", names: ["hiatal hernia", "large hiatal hernia"] },
  { entity: "lymphadenopathy", names: ["hilar lymphadenopathy", "bulky lymphadenopathy"] },
  { entity: "cavitary lesion", names: ["cavitary lesion", "cavitation"] },
  {
    entity: "interstitial disease",
    names: [
      "interstitial lung disease",
      "interstitial abnormality",
      "fibrotic interstitial disease",
    ],
  },
  { entity: "foreign body", names: ["radiopaque foreign body", "foreign body"] },
];

const DENIALS: readonly string[] = [
  "there is no {it}",
  "there is no {it}",
  "there is no evidence of {it}",
  "there is no evidence of {it}",
  "no {it}",
  "no {it}",
  "no {it} is seen",
  "no {it} is identified",
  "no evidence of {it}",
  "no definite {it}",
  "there is no radiographic evidence of {it}",
];

/** Sentences without an entity, by what they are about: a report has one of a topic. */
const NEUTRAL: readonly (readonly string[])[] = [
  [
    "the visualized bony structures are intact",
    "the visualized osseous structures are unremarkable",
    "the bony thorax is intact",
    "bony structures are within normal limits",
  ],
  [
    "hilar contours are normal",
    "the hila are unremarkable",
    "the hilar structures are normal in appearance",
  ],
  [
    "pulmonary vasculature is within normal limits",
    "the pulmonary vasculature is not engorged",
    "pulmonary vascularity is normal",
  ],
  ["the upper abdomen is unremarkable", "the visualized upper abdomen is within normal limits"],
  ["the soft tissues are unremarkable", "soft tissues of the chest wall appear normal"],
  [
    "clinical correlation is recommended",
    "correlation with the clinical presentation is suggested",
    "further evaluation may be obtained as clinically indicated",
  ],
  [
    "no prior study is available for comparison",
    "there are no earlier studies for comparison",
    "comparison with any earlier study would be helpful",
  ],
  ["the study is of diagnostic quality", "exposure is adequate", "the technique is satisfactory"],
];

function neverThere(stream: RandomStream, { entity, names }: NeverThere): Statement {
  const text = stream.pick(DENIALS).replace("{it}", stream.pick(names));
  return statement(text, { entity, status: "absent" });
}

/** None, or up to five sentences that hold on every film, each entity once. */
export function alwaysTrue(stream: RandomStream): Statement[] {
  const denials = stream.integer(4);
  const phrases = stream.integer(3);
  const entities = [...stream.permutation(NEVER_THERE.length)].slice(0, denials);
  const neutral = [...stream.permutation(NEUTRAL.length)].slice(0, phrases);
  const chosen = [
    ...entities.flatMap((i) => NEVER_THERE[i] ?? []).map((item) => neverThere(stream, item)),
    ...neutral.flatMap((i) =>
      NEUTRAL[i] === undefined ? [] : [statement(stream.pick(NEUTRAL[i]))],
    ),
  ];
  return [...stream.permutation(chosen.length)].flatMap((i) => chosen[i] ?? []);
}
