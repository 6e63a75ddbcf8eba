/** @file Which tokens are medical entities: the chest list, and the matcher that compares vocabulary strings. */
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Entities of chest radiographs (44), as the authors list them. Those that no lower-case vocabulary can hold (`COPD`)
 * never match by string.
 */
export const CHEST_ENTITIES: readonly string[] = [
  "abnormality",
  "abscess",
  "aerate",
  "aorta",
  "atelectasis",
  "bronchiectasis",
  "calcification",
  "cardiomediastinal",
  "cardiomegaly",
  "catheter",
  "chf",
  "collapse",
  "congestion",
  "consolidation",
  "contour",
  "COPD",
  "deformity",
  "dilation",
  "distention",
  "edema",
  "effusion",
  "embolism",
  "emphysema",
  "engorgement",
  "fibrosis",
  "fracture",
  "granuloma",
  "hernia",
  "hilar",
  "hyperinflate",
  "hemidiaphragm",
  "infiltrate",
  "mass",
  "nodule",
  "obscure",
  "opacity",
  "perihilar",
  "pneumonia",
  "pneumothorax",
  "sarcoidosis",
  "silhouette",
  "thickening",
  "tuberculosis",
  "vasculature",
];

/** Finds the entities of a text. One implementation per rule of what counts as a match. */
export interface EntityMatcher {
  /** What messages and run records call it. */
  readonly name: string;
  /**
   * Marks entities.
   * @param ids [T], unmasked
   * @returns [T]: 1 where an entity starts, 2 on the further pieces and words that belong to it, else 0
   */
  mark(ids: Int32Array): Uint8Array;
}

/** The ids whose vocabulary string equals an entity, letter case included. */
export function exactEntityIds(
  { idOf }: Pick<Tokenizer, "idOf">,
  entities: readonly string[] = CHEST_ENTITIES,
): number[] {
  return entities.flatMap((entity) => idOf(entity) ?? []);
}

/**
 * Matches tokens that equal an entity: `effusion`, but neither `effusions` nor an entity that the vocabulary cuts into
 * pieces.
 */
export function exactEntityMatcher(
  tokenizer: Pick<Tokenizer, "idOf" | "size">,
  entities: readonly string[] = CHEST_ENTITIES,
): EntityMatcher {
  const isEntity = new Uint8Array(tokenizer.size);
  for (const id of exactEntityIds(tokenizer, entities)) isEntity[id] = 1;
  return {
    name: "exact",
    mark: (ids) => Uint8Array.from(ids, (id) => isEntity[id] ?? 0),
  };
}
