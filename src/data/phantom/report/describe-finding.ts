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
  upper: ["upper lung", "upper lung zone", "upper lobe", "upper lung field"],
  mid: ["mid lung", "mid lung zone", "midlung", "mid lung field"],
  lower: ["lower lung", "lower lung zone", "lower lobe", "lower lung field", "lung base"],
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
    [`there is ${word} enlargement of the heart`, word],
    [`the heart appears ${adverb} enlarged`, severity],
    [`the heart is ${adverb} enlarged in its transverse diameter`, severity],
    [`${word} cardiomegaly is present`, word],
    [`cardiac size is ${adverb} increased in keeping with cardiomegaly`, severity],
    [`${word} cardiomegaly is suggested by the cardiothoracic ratio`, word],
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
    `findings are consistent with ${named}`,
    `${named} is seen with the lung edge ${distance} from the apex`,
    `the lung is partly collapsed by ${named}`,
    `absence of lung markings laterally is due to ${named}`,
    `${named} is noted`,
  ]);
  const fact: Fact = { entity, status: "present", severity, side };
  return statement(text, location === undefined ? fact : { ...fact, location });
}

const BRONCHOGRAMS: readonly string[] = [
  "air bronchograms are visible",
  "it contains air bronchograms",
  "air bronchograms are seen within it",
  "there are air bronchograms",
];

const PNEUMONIA: readonly string[] = [
  "this may represent pneumonia",
  "pneumonia is a possibility",
  "the appearance may reflect pneumonia",
  "pneumonia cannot be excluded",
  "this is concerning for pneumonia",
  "findings raise the possibility of pneumonia",
];

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
    `${word} consolidation occupies the ${side} ${location}`,
    `${word} consolidation is centered in the ${side} ${location}`,
    `there is ${word} airspace disease in the ${side} ${location} in keeping with consolidation`,
    `ill-defined ${word} opacity in the ${side} ${location} is compatible with consolidation`,
    `${named} is noted`,
  ]);
  const statements = [
    statement(text, { entity, status: "present", severity: word, side, location }),
  ];
  if (bronchograms && stream.uniform() < 0.6) {
    statements.push(statement(stream.pick(BRONCHOGRAMS)));
  }
  if (stream.uniform() < 0.4) {
    const cause = { entity: "pneumonia", status: "uncertain" } as const;
    statements.push(statement(stream.pick(PNEUMONIA), cause));
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
    `${withArticle(phrase("well-defined", size, kind, "nodule"))} is present in the ${side} ${location}`,
    `there is ${withArticle(phrase("focal", kind, "nodule"))} of ${size} in the ${side} ${location}`,
    `${withArticle(phrase(size, kind, "pulmonary nodule"))} is noted in the ${side} ${location}`,
    `within the ${side} ${location} is ${withArticle(phrase(size, kind, "nodule"))}`,
  ]);
  const fact: Fact = { entity, status: "present", side, location, size };
  const statements = [statement(text, kind === undefined ? fact : { ...fact, quality: kind })];
  if (calcified && stream.uniform() < 0.5) {
    const cause = stream.pick([
      "this is likely a granuloma",
      "the finding suggests a granuloma",
      "this may be an old granuloma",
    ]);
    statements.push(statement(cause, { entity: "granuloma", status: "uncertain" }));
  } else if (!calcified && stream.uniform() < 0.35) {
    statements.push(
      statement(
        stream.pick([
          "computed tomography is suggested",
          "follow-up is recommended",
          "further evaluation by computed tomography is recommended",
          "comparison with older films would help to judge its growth",
        ]),
      ),
    );
  }
  return statements;
}
