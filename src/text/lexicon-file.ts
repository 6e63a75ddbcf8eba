/** @file A lexicon that a user wrote: its file's format, checked. */
import { z } from "zod";
import { ConfigError } from "../util/errors.ts";
import { firstFault } from "../util/expectation.ts";
import { wordsOfForm } from "./entity-trie.ts";
import { FINDING_LABELS, type Lexicon } from "./lexicon.ts";

/** The largest lexicon that is read. */
export const MAX_LEXICON_ENTITIES = 100_000;

const entitySchema = z.strictObject({
  entity: z.string().min(1),
  label: z
    .enum(FINDING_LABELS, { error: `expected null or one of ${FINDING_LABELS.join(", ")}` })
    .nullable()
    .default(null),
  forms: z.array(z.string().min(1)).min(1),
});

const lexiconSchema = z.strictObject({
  name: z.string().min(1),
  entities: z.array(entitySchema).min(1).max(MAX_LEXICON_ENTITIES),
});

/**
 * Checks a lexicon: `{"name": "knee", "entities": [{"entity": "meniscus tear", "label": null, "forms": ["meniscal tear"]}]}`. A missing
 * label is null; the entity itself is not a form unless it is listed.
 * @param json what the file holds, parsed
 * @param file what messages call it
 * @throws {ConfigError} on another shape, an entity or form given twice, or a form without a letter or digit
 */
export function parseLexicon(json: unknown, file: string): Lexicon {
  const parsed = lexiconSchema.safeParse(json);
  if (!parsed.success) {
    const { where, expected } = firstFault(parsed.error);
    throw unusable(file, `${where || "it"}: ${expected}`);
  }
  const names = new Set<string>();
  const owners = new Map<string, string>();
  for (const { entity, forms } of parsed.data.entities) {
    if (names.has(entity)) throw unusable(file, `entity "${entity}" stands in it twice`);
    names.add(entity);
    for (const form of forms) claimForm(form, { entity, owners, file });
  }
  return parsed.data;
}

function claimForm(
  form: string,
  {
    entity,
    owners,
    file,
  }: { readonly entity: string; readonly owners: Map<string, string>; readonly file: string },
): void {
  const key = wordsOfForm(form).join(" ");
  if (!/[\p{L}\p{N}]/u.test(key)) {
    throw unusable(file, `the form "${form}" of "${entity}" is empty: expected a word`);
  }
  const owner = owners.get(key);
  if (owner !== undefined) {
    throw unusable(
      file,
      `the form "${form}" stands in "${owner}" and in "${entity}": expected each form once (case, accents and hyphens make no other)`,
    );
  }
  owners.set(key, entity);
}

function unusable(file: string, reason: string): ConfigError {
  return new ConfigError(`Cannot use the lexicon "${file}": ${reason}`);
}
