/** @file Which part of the pre-training model a parameter belongs to, by its checkpoint name: for reports, a part at a time. */

/** The parts of the model (SPEC 3), in the order in which data flows through them. */
export const MODULES = [
  "image encoder",
  "pixel decoder",
  "super-resolution",
  "report decoder",
  "word head",
] as const;

/** The name of a part. */
export type ModuleName = (typeof MODULES)[number];

/** The top of a checkpoint name, up to its first dot; the report decoder keeps its word head under one roof with itself. */
const MODULE_OF_TOP: Readonly<Record<string, ModuleName>> = {
  cls_token: "image encoder",
  pos_embed: "image encoder",
  patch_embed: "image encoder",
  blocks: "image encoder",
  norm: "image encoder",
  mask_token: "pixel decoder",
  decoder_embed: "pixel decoder",
  decoder_pos_embed: "pixel decoder",
  decoder_blocks: "pixel decoder",
  decoder_norm: "pixel decoder",
  decoder_pred: "pixel decoder",
  super_res: "super-resolution",
  bert_mlp: "report decoder",
};

const BERT = "bert_encoder.model.bert.";
const WORD_HEAD = "bert_encoder.model.cls.";

/**
 * The part that a parameter belongs to.
 * @param parameter its checkpoint name, such as `blocks.3.attn.qkv.weight`
 * @throws {RangeError} when no part has a parameter of that name
 */
export function moduleOf(parameter: string): ModuleName {
  if (parameter.startsWith(BERT)) return "report decoder";
  if (parameter.startsWith(WORD_HEAD)) return "word head";
  const [top = ""] = parameter.split(".");
  const module = Object.hasOwn(MODULE_OF_TOP, top) ? MODULE_OF_TOP[top] : undefined;
  if (module !== undefined) return module;
  throw new RangeError(
    `Cannot tell the module of parameter "${parameter}": its name begins like none of the pre-training model's, ` +
      `expected ${[...Object.keys(MODULE_OF_TOP), BERT, WORD_HEAD].join(", ")}`,
  );
}
