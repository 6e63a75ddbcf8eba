/** @file Sentences about pleural fluid: one side, or both. */
import type { RandomStream } from "../../../util/random.ts";
import { otherSide } from "../anatomy/side.ts";
import { mediastinalShift } from "../findings/effusion.ts";
import type { Effusion } from "../findings/finding.ts";
import { ENTITY_OF, type Fact, type Statement, statement } from "./fact.ts";
import { phrase, withArticle } from "./words.ts";

const SEVERITY_WORDS = {
  small: ["small", "small", "mild"],
  moderate: ["moderate", "moderate", "moderate-sized"],
  large: ["large", "large"],
} as const;

/** What else can be said of an amount of fluid; `{it}` stands for the effusion. */
const DETAILS = {
  small: [
    "{it} blunts the costophrenic angle",
    "blunting of the costophrenic angle is in keeping with {it}",
    "{it} layers in the costophrenic sulcus",
    "the costophrenic angle is blunted by {it}",
    "minimal fluid at the base is compatible with {it}",
  ],
  moderate: [
    "{it} obscures the hemidiaphragm",
    "{it} with a meniscus along the chest wall",
    "opacity at the base with a meniscus indicates {it}",
    "homogeneous basal opacity is due to {it}",
    "{it} rises along the lateral chest wall",
  ],
  large: [
    "{it} opacifies much of the hemithorax",
    "{it} obscures the hemidiaphragm and the heart border",
    "dense opacity of the lower hemithorax represents {it}",
    "much of the lung base is hidden by {it}",
    "{it} fills the lower hemithorax",
  ],
} as const;

function describeOne({ side, severity }: Effusion, stream: RandomStream): Statement {
  const word = stream.pick(SEVERITY_WORDS[severity]);
  const entity = ENTITY_OF.effusion;
  const named = withArticle(phrase(word, side, entity));
  const text = stream.pick([
    `there is ${named}`,
    `there is ${named}`,
    `${named} is present`,
    `${named} is seen`,
    `${named} is noted`,
    `${named} is identified`,
    `findings are consistent with ${named}`,
    stream.pick(DETAILS[severity]).replace("{it}", named),
    stream.pick(DETAILS[severity]).replace("{it}", named),
  ]);
  return statement(text, { entity, status: "present", severity: word, side });
}

function describeBoth(
  [first, second]: readonly [Effusion, Effusion],
  stream: RandomStream,
): Statement {
  const entity = ENTITY_OF.effusion;
  const word = stream.pick(SEVERITY_WORDS[first.severity]);
  const frames = (named: string): string[] => [
    `there are ${named}`,
    `${named} are present`,
    `${named} are seen`,
    `${named} are noted`,
    `findings are consistent with ${named}`,
  ];
  if (first.severity === second.severity) {
    const text = stream.pick(frames(phrase(word, "bilateral", `${entity}s`)));
    return statement(text, { entity, status: "present", severity: word, side: "bilateral" });
  }
  const otherWord = stream.pick(SEVERITY_WORDS[second.severity]);
  const named = `${word} ${first.side} and ${otherWord} ${second.side} ${entity}s`;
  const facts: Fact[] = [
    { entity, status: "present", severity: word, side: first.side },
    { entity, status: "present", severity: otherWord, side: second.side },
  ];
  return statement(stream.pick(frames(named)), ...facts);
}

/** From here on a push of the mediastinum is worth a sentence. */
const SEEN_SHIFT_MM = 4;

function describeShift(effusion: Effusion): Statement[] {
  if (mediastinalShift(effusion) < SEEN_SHIFT_MM) return [];
  return [statement(`the mediastinum is shifted to the ${otherSide(effusion.side)}`)];
}

/** Says which effusions there are. */
export function describeEffusions(
  effusions: readonly Effusion[],
  stream: RandomStream,
): Statement[] {
  const [first, second] = effusions;
  if (first === undefined) return [];
  if (second === undefined) return [describeOne(first, stream), ...describeShift(first)];
  return [describeBoth([first, second], stream)];
}
