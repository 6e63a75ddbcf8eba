/** @file Sentences about each kind of finding, in several wordings. */
import type { RandomStream } from "../../../util/random.ts";
import type {
  Cardiomegaly,
  Consolidation,
  Nodule,
  Pneumothorax,
  Zone,
} from "../findings/finding.ts";
import { ENTITY_OF, type Fact, type Statement, statement } from "./fact.ts";
import { phrase, withArticle } from "./words.ts";

const ZONE_WORDS: Readonly<Record<Zone, readonly string[]>> = {
  upper: ["upper lung", "upper lung zone", "upper lobe"],
  mid: ["mid lung", "mid lung zone", "midlung"],
  lower: ["lower lung", "lower lung zone", "lower lobe"],
};

/** `14 mm`, or at times `1.4 cm`. */
function lengthInWords(mm: number, stream: RandomStream): string {
  return stream.uniform() < 0.4 ? `${(mm / 10).toFixed(1)} cm` : `${Math.round(mm)} mm`;
}

/** Says how enlarged the heart is. */
export function describeCardiomegaly({ severity }: Cardiomegaly, stream: RandomStream): Statement {
  const adverbs = {
    mild: ["mildly", "slightly"],
    moderate: ["moderately"],
    severe: ["markedly", "severely"],
  } as const;
  const adverb = stream.pick(adverbs[severity]);
  const word = severity === "severe" ? stream.pick(["severe", "marked"]) : severity;
  const entity = ENTITY_OF.cardiomegaly;
  const [text, said] = stream.pick([
    [`there is ${word} cardiomegaly`, word],
    [`${word} cardiomegaly`, word],
    [`${word} cardiomegaly is noted`, word],
    [`the heart is ${adverb} enlarged`, severity],
    [`the cardiac silhouette is ${adverb} enlarged`, severity],
    [`the heart size is ${adverb} increased, consistent with cardiomegaly`, severity],
    [`${word} enlargement of the cardiac silhouette`, word],
  ] as const);
  return statement(text, { entity, status: "present", severity: said });
}

/** Says where the pleural line runs. */
export function describePneumothorax(finding: Pneumothorax, stream: RandomStream): Statement {
  const { side, severity, apicalMm } = finding;
  const entity = ENTITY_OF.pneumothorax;
  const location = severity === "small" && stream.uniform() < 0.6 ? "apical" : undefined;
  const named = withArticle(phrase(severity, side, location, entity));
  const distance = lengthInWords(5 * Math.round(apicalMm / 5), stream);
  const text = stream.pick([
    `there is ${named}`,
    `there is ${named}`,
    `${named} is present`,
    `${named} is identified`,
    `a visceral pleural line is visible, indicating ${named}`,
    `${named} measures ${distance} at the apex`,
    `${named} with the pleural line ${distance} below the apex`,
    `lucency devoid of lung markings along the chest wall represents ${named}`,
  ]);
  const fact: Fact = { entity, status: "present", severity, side };
  return statement(text, location === undefined ? fact : { ...fact, location });
}

/** Says which part of the lung is filled. */
export function describeConsolidation(finding: Consolidation, stream: RandomStream): Statement[] {
  const { side, severity, zone, bronchograms } = finding;
  const words = {
    mild: ["mild", "faint", "patchy"],
    moderate: ["moderate", "patchy", "focal"],
    severe: ["dense", "extensive", "severe"],
  } as const;
  const word = stream.pick(words[severity]);
  const location = stream.pick(ZONE_WORDS[zone]);
  const entity = ENTITY_OF.consolidation;
  const named = phrase(word, side, location, entity);
  const text = stream.pick([
    `there is ${named}`,
    `there is ${word} consolidation in the ${side} ${location}`,
    `${word} airspace consolidation is seen in the ${side} ${location}`,
    `${named} is present`,
    `${word} opacity in the ${side} ${location} represents consolidation`,
    `the ${side} ${location} shows ${word} consolidation`,
  ]);
  const statements = [
    statement(text, { entity, status: "present", severity: word, side, location }),
  ];
  if (bronchograms && stream.uniform() < 0.6) {
    statements.push(
      statement(stream.pick(["air bronchograms are visible", "it contains air bronchograms"])),
    );
  }
  if (stream.uniform() < 0.4) {
    const cause = stream.pick([
      "this may represent pneumonia",
      "pneumonia is a possibility",
      "the appearance may reflect pneumonia",
    ]);
    statements.push(statement(cause, { entity: "pneumonia", status: "uncertain" }));
  }
  return statements;
}

/** Says how large a nodule is, and where. */
export function describeNodule(finding: Nodule, stream: RandomStream): Statement[] {
  const { side, zone, diameterMm, calcified } = finding;
  const entity = ENTITY_OF.nodule;
  const size = lengthInWords(diameterMm, stream);
  const location = stream.pick(ZONE_WORDS[zone]);
  const kind = calcified ? "calcified" : undefined;
  const text = stream.pick([
    `there is ${withArticle(phrase(size, kind, "nodule"))} in the ${side} ${location}`,
    `${withArticle(phrase(size, kind, "nodule"))} projects over the ${side} ${location}`,
    `${withArticle(phrase(kind, "nodule"))} in the ${side} ${location} measures ${size}`,
    `${withArticle(phrase(side, location, kind, "nodule"))} measures approximately ${size}`,
    `${withArticle(phrase("round", size, kind, "nodule"))} is seen in the ${side} ${location}`,
  ]);
  const fact: Fact = { entity, status: "present", side, location, size };
  const statements = [statement(text, kind === undefined ? fact : { ...fact, quality: kind })];
  if (calcified && stream.uniform() < 0.5) {
    const cause = stream.pick(["this is likely a granuloma", "the finding suggests a granuloma"]);
    statements.push(statement(cause, { entity: "granuloma", status: "uncertain" }));
  } else if (!calcified && stream.uniform() < 0.35) {
    statements.push(
      statement(stream.pick(["computed tomography is suggested", "follow-up is recommended"])),
    );
  }
  return statements;
}
