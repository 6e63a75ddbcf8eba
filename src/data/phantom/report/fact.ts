/** @file What a report says about one entity, and the short sentence that a distilled context has for it. */
import type { RandomStream } from "../../../util/random.ts";
import type { FindingKind } from "../findings/finding.ts";
import { phrase, sentence, withArticle } from "./words.ts";

/** Is the entity said to be there? */
export type Status = "present" | "absent" | "uncertain";

/** One entity of a report, in the words that the report uses. */
export interface Fact {
  readonly entity: string;
  readonly status: Status;
  readonly severity?: string;
  /** What else is said of it, such as `calcified`. */
  readonly quality?: string;
  readonly side?: "left" | "right" | "bilateral";
  readonly location?: string;
  /** Such as `12 mm`. */
  readonly size?: string;
}

/** A sentence of a report with what it says. */
export interface Statement {
  readonly text: string;
  readonly facts: readonly Fact[];
}

/** What the finding kinds are called as entities. */
export const ENTITY_OF: Readonly<Record<FindingKind, string>> = {
  cardiomegaly: "cardiomegaly",
  effusion: "pleural effusion",
  nodule: "nodule",
  pneumothorax: "pneumothorax",
  consolidation: "consolidation",
};

/** A sentence with what it says. */
export function statement(text: string, ...facts: readonly Fact[]): Statement {
  return { text: sentence(text), facts };
}

/** How often a context says `there is ..`, and `there is no evidence of ..`, rather than another wording. */
const PLAIN_SHARE = 0.8;

/** The short declarative sentence for a fact, in lower case. */
function contextSentence(fact: Fact, stream: RandomStream): string {
  const { entity, status, severity, quality, side, location, size } = fact;
  const plain = stream.uniform() < PLAIN_SHARE;
  const named = phrase(size, quality, severity, side, location, entity);
  switch (status) {
    case "present": {
      // Only things that can be counted have an article.
      const noun = entity === ENTITY_OF.nodule ? withArticle(named) : named;
      return plain ? `there is ${noun}.` : `${noun} is present.`;
    }
    case "absent":
      return plain ? `there is no evidence of ${named}.` : `there is no ${named}.`;
    case "uncertain":
      return plain ? `there is possible ${named}.` : `${named} is possible.`;
    default:
      return status satisfies never;
  }
}

/** The facts' sentences, each once. */
export function contextOf(facts: readonly Fact[], stream: RandomStream): string {
  const seen = new Map<string, string>();
  for (const fact of facts) {
    const key = [fact.entity, fact.status, fact.side ?? ""].join("|");
    if (!seen.has(key)) seen.set(key, contextSentence(fact, stream));
  }
  return [...seen.values()].join(" ");
}
