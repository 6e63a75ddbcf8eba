/** @file Distils by a language model, sentence by sentence: what it may answer is closed to what the sentence says. */
import { createEntityFinder } from "../../text/find-entities.ts";
import type { EntityMention, Lexicon } from "../../text/lexicon.ts";
import type { SentenceSpan } from "../../text/split-sentences.ts";
import { sha256 } from "../../util/sha256.ts";
import { createFindingCheck } from "../check-finding.ts";
import { isOfChest } from "../chest-mentions.ts";
import type { Distillation, DistillProvider } from "../provider.ts";
import type { Finding } from "../record.ts";
import { createRulesReader, hashRules } from "../rules-provider.ts";
import { sentencesOfPicture } from "../sections.ts";
import { writeContext } from "../write-context.ts";
import { SentenceAsker } from "./ask-sentence.ts";
import { findingsBorne } from "./free-sentences.ts";
import type { LanguageModel } from "./language-model.ts";
import { type AskedFor, openingOf, schemaFor } from "./prompt.ts";
import { proposeEntities } from "./propose-entities.ts";
import { readFindings } from "./read-findings.ts";
import { sentenceEntities } from "./sentence-entities.ts";
import { MAX_SENTENCE_WORDS, partsOf, spansOf } from "./sentence-spans.ts";

/** Counts changes of what is made of answers that the prompt does not show. */
const VERSION = 2;

/** What is to be asked of which model. */
export interface LanguageModelProviderOptions {
  readonly model: LanguageModel;
  readonly lexicon: Lexicon;
  readonly asked: AskedFor;
}

/**
 * The provider of a language model. With `assist` it only proposes entities that the lexicon lacks, and the rules judge them
 * and find everything else; it then goes by the name of both.
 */
export function languageModelProvider(options: LanguageModelProviderOptions): DistillProvider {
  const { model, lexicon, asked } = options;
  const asker = new SentenceAsker(model, asked);
  const distill = asked === "assist" ? assisted(lexicon, asker) : alone(options, asker);
  return {
    name: asked === "assist" ? `rules+${model.provider}` : model.provider,
    model: model.model,
    promptHash: hashPrompt(lexicon, asked),
    concurrency: model.concurrency,
    distill: (report, { signal } = {}) => distill(report, signal),
    usage: () => `${asker.usage()}; ${model.usage()}`,
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

type Distill = (report: string, signal?: AbortSignal) => Promise<Distillation>;

/** The model says what is there; sentences that name nothing of the lexicon are not even shown to it. */
function alone({ lexicon, asked }: LanguageModelProviderOptions, asker: SentenceAsker): Distill {
  const find = createEntityFinder(lexicon);
  const read = createRulesReader(lexicon);
  const createCheck = createFindingCheck(lexicon);
  return async (report, signal) => {
    const check = createCheck(report);
    const findings: Finding[] = [];
    const free = new FreeContext();
    let unanswered = 0;
    for (const { start, end } of partsOfPicture(report)) {
      const text = report.slice(start, end);
      const entities = sentenceEntities(text, find(text), isOfChest(lexicon));
      if (entities.findings.length === 0) continue;
      const answer = await asker.ask(text, signal);
      if (answer === undefined) {
        unanswered += 1;
        continue;
      }
      const found = readFindings(answer.findings, { text, start, entities, find });
      findings.push(...found);
      const kept = found.filter((finding) => check(finding) === undefined);
      const own = answer.sentence.trim();
      free.add(own, { kept, borne: findingsBorne(own, { text, kept }, { find, read, check }) });
    }
    const made = { findings, ...(unanswered > 0 && { unanswered }) };
    return asked === "free" ? { ...made, context: free.text() } : made;
  };
}

/** The sentences of a model's own that may stand, and the fixed wording of what none of them says. */
class FreeContext {
  readonly #sentences = new Set<string>();
  readonly #borne = new Set<string>();
  readonly #rest: Finding[] = [];

  /** Adds a sentence with the findings that were kept of what it is about, and those of them that it bears. */
  add(
    sentence: string,
    { kept, borne }: Readonly<Record<"kept" | "borne", readonly Finding[]>>,
  ): void {
    if (borne.length > 0) this.#sentences.add(sentence);
    for (const { entity } of borne) this.#borne.add(entity);
    this.#rest.push(...kept.filter((finding) => !borne.includes(finding)));
  }

  text(): string {
    const rest = this.#rest.filter(({ entity }) => !this.#borne.has(entity));
    return [...this.#sentences, ...(rest.length > 0 ? [writeContext(rest)] : [])].join(" ");
  }
}

/** The model proposes, the rules decide. */
function assisted(lexicon: Lexicon, asker: SentenceAsker): Distill {
  const find = createEntityFinder(lexicon);
  const read = createRulesReader(lexicon);
  return async (report, signal) => {
    const proposed: EntityMention[] = [];
    let unanswered = 0;
    for (const { start, end } of partsOfPicture(report)) {
      const text = report.slice(start, end);
      const answer = await asker.ask(text, signal);
      if (answer === undefined) unanswered += 1;
      for (const mention of proposeEntities(answer?.entities ?? [], text, find(text))) {
        proposed.push({ ...mention, start: start + mention.start, end: start + mention.end });
      }
    }
    return { findings: read(report, proposed), ...(unanswered > 0 && { unanswered }) };
  };
}

/** The sentences about this picture, none too long, and those left out of which no span could be named. */
function partsOfPicture(report: string): readonly SentenceSpan[] {
  return sentencesOfPicture(report)
    .flatMap((span) => partsOf(report, span))
    .filter(({ start, end }) => spansOf(report.slice(start, end)).length > 0);
}

/** SHA-256 of what is asked and of what decides about the answers. */
function hashPrompt(lexicon: Lexicon, asked: AskedFor): string {
  const example = schemaFor("no pneumothorax on the left", asked); // the schema's form, not a report's sentence
  const parts = [VERSION, MAX_SENTENCE_WORDS, openingOf(asked), example, hashRules(lexicon)];
  return sha256(JSON.stringify(parts));
}
