/** @file What pre-training makes of one report: tokens, entities, descriptors, stock phrases, weights, and one masking draw. */
import { openDataset } from "../data/dataset.ts";
import type { JoinedRecord } from "../data/dataset-index.ts";
import type { Privacy } from "../data/record.ts";
import { recordText } from "../data/record-text.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { phraseCounter } from "../text/count-phrases.ts";
import { findEntities } from "../text/find-entities.ts";
import { CHEST_LEXICON } from "../text/lexicons/chest.ts";
import type { PretrainingText, PretrainingTextRules } from "../text/pretraining-text.ts";
import { templateSpans } from "../text/rebalance-weights.ts";
import { COUNTED_REPORTS, TEMPLATE_PHRASES, TWO_PHRASES } from "../text/template-phrases.ts";
import { settingsRules } from "../text/text-settings.ts";
import { loadTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import { ConfigError } from "../util/errors.ts";
import { loadLexicon } from "./load-lexicon.ts";
import { type MethodOptions, methodOptions } from "./method-options.ts";
import { textSettings } from "./pretrain-inputs.ts";

/** Which report, and how it is looked at. */
export interface InspectTextOptions {
  /** The dataset folder. */
  readonly folder: string;
  readonly id: string;
  readonly tokenizer: string;
  readonly config: PretrainConfig;
  readonly epoch: number;
  /** May the report of a private dataset be shown? */
  readonly includeCases: boolean;
  /** In how many of the dataset's reports phrases are counted. */
  readonly countedReports: number;
}

/** A token of the composed text. */
export interface InspectedToken {
  readonly token: string;
  /** What the decoder is given in its place. */
  readonly input: string;
  /** Does it belong to an entity, and does it start one? */
  readonly entity: "starts" | "continues" | null;
  /** Is it one of the tokens before an entity? */
  readonly descriptor: boolean;
  /** Does it belong to a stock phrase? */
  readonly phrase: boolean;
  /** What its loss weighs, where it has one. */
  readonly weight: number;
  /** Has it a loss? By the method it may be that only what was masked has one. */
  readonly counts: boolean;
}

/** A stock phrase in the reports of the dataset. */
export interface InspectedPhrase {
  readonly phrase: string;
  /** How many of the reports that were counted hold it. */
  readonly reports: number;
  /** Which part of Open-i's do; null for a phrase that was not counted there. */
  readonly openi: number | null;
  /** Can the vocabulary spell it? If not, it is left out. */
  readonly spelled: boolean;
}

/** What was seen. */
export interface TextInspection {
  readonly id: string;
  readonly privacy: Privacy;
  readonly seed: number;
  readonly epoch: number;
  /** How entities are found, such as `lemma (chest)`. */
  readonly matching: string;
  readonly composed: string;
  /** How many tokens a text may have; those behind are cut off. */
  readonly limit: number;
  readonly tokens: readonly InspectedToken[];
  /** Entities of the composed text: their spelling there, and their lemma. */
  readonly entities: readonly { readonly text: string; readonly entity: string }[];
  readonly countedReports: number;
  readonly phrases: readonly InspectedPhrase[];
}

/**
 * Looks at the text of a record as an epoch of pre-training sees it, were its picture not flipped.
 * @throws {ConfigError} when there is no such record, it has no report, or the dataset is private and its cases are not to be shown
 */
export async function inspectText(options: InspectTextOptions): Promise<TextInspection> {
  const { folder, id, config, epoch } = options;
  const dataset = await openDataset(folder);
  const { privacy } = dataset.manifest;
  if (privacy === "private" && !options.includeCases) {
    throw new ConfigError(
      `Cannot show the text of "${folder}": the dataset is private; --include-cases prints the report here`,
    );
  }
  const method = methodOptions(config.fidelity);
  const tokenizer = await loadTokenizer(options.tokenizer);
  const { lexicon } = await loadLexicon(config.data.lexicon);
  const rules = settingsRules(tokenizer, textSettings(config, method, lexicon));
  const phrases = phrasesOf(method.text.phrases);
  const counter = phraseCounter(phrases);
  const { report, context = "" } = await findRecord(
    dataset.records(undefined, { checkContexts: true }),
    options,
    counter,
  );
  const { seed } = config.train;
  const text = recordText({ report, context }, rules, { id, epoch, seed });
  return {
    ...{ id, privacy, seed, epoch },
    matching: rules.entities.name,
    composed: text.sentence,
    limit: rules.tokens,
    tokens: describeTokens(text, rules, method.words),
    entities: describeEntities(text, rules, lexicon ?? CHEST_LEXICON),
    countedReports: counter.reports,
    phrases: phrases.map((phrase) => describePhrase(phrase, { counter, tokenizer })),
  };
}

/** The record, once reports enough have been counted. */
async function findRecord(
  records: AsyncIterable<JoinedRecord>,
  { folder, id, countedReports }: InspectTextOptions,
  counter: ReturnType<typeof phraseCounter>,
): Promise<JoinedRecord & { readonly report: string }> {
  let found: JoinedRecord | undefined;
  for await (const record of records) {
    if (record.id === id) found = record;
    if (counter.reports < countedReports) counter.add(record.report ?? "");
    else if (found !== undefined) break;
  }
  const attempt = `Cannot show record "${id}" of "${folder}"`;
  if (found === undefined) throw new ConfigError(`${attempt}: there is no such record`);
  const { report } = found;
  if (report === undefined) throw new ConfigError(`${attempt}: it has no report`);
  return { ...found, report };
}

function phrasesOf(which: "two" | "list"): readonly string[] {
  return which === "two" ? TWO_PHRASES : TEMPLATE_PHRASES.map(({ phrase }) => phrase);
}

function describeTokens(
  { ids, maskedIds, length, weights, contextPositions }: PretrainingText,
  { tokenizer, entities, templates, reach }: PretrainingTextRules,
  words: MethodOptions["words"],
): readonly InspectedToken[] {
  const marks = entities.mark(ids);
  const descriptors = new Set(contextPositions);
  const inPhrase = new Uint8Array(ids.length);
  for (const [start, end] of templateSpans({ ids, templates, reach })) inPhrase.fill(1, start, end);
  const tokenOf = (id: number | undefined): string => tokenizer.vocabulary[id ?? 0] ?? "";
  return Array.from({ length }, (_, i) => ({
    token: tokenOf(ids[i]),
    input: tokenOf(maskedIds[i]),
    entity: marks[i] === 1 ? "starts" : marks[i] === 2 ? "continues" : null,
    descriptor: descriptors.has(i),
    phrase: inPhrase[i] === 1,
    weight: weights[i] ?? 0,
    counts: words === "every" || maskedIds[i] !== ids[i],
  }));
}

/** The entities by what the lexicon calls them. */
function describeEntities(
  { ids, entityPositions }: PretrainingText,
  { tokenizer: { vocabulary, continuationPrefix }, entities }: PretrainingTextRules,
  lexicon: typeof CHEST_LEXICON,
): TextInspection["entities"] {
  const marks = entities.mark(ids);
  return entityPositions.map((start) => {
    let end = start + 1;
    while (marks[end] === 2) end += 1;
    const pieces = Array.from(ids.subarray(start, end), (id) => vocabulary[id] ?? "");
    const text = pieces.join(" ").replaceAll(` ${continuationPrefix}`, "");
    return { text, entity: findEntities(text, lexicon)[0]?.entity ?? text };
  });
}

function describePhrase(
  phrase: string,
  {
    counter,
    tokenizer,
  }: {
    readonly counter: ReturnType<typeof phraseCounter>;
    readonly tokenizer: Tokenizer;
  },
): InspectedPhrase {
  const known = TEMPLATE_PHRASES.find((candidate) => candidate.phrase === phrase);
  return {
    phrase,
    reports: counter.counts.get(phrase) ?? 0,
    openi: known === undefined ? null : known.reports / COUNTED_REPORTS,
    spelled: !tokenizer.encode(phrase).ids.includes(tokenizer.specials.unk),
  };
}
