/**
 * @file The one table of parameter names that files spell otherwise than this project does, whose names are those of the
 * original program's checkpoints.
 */

/** One other spelling: what a file may write, and what it is called here. */
interface Spelling {
  readonly theirs: RegExp;
  /** The replacement, with the groups of `theirs`. */
  readonly ours: string;
}

const SPELLINGS: readonly Spelling[] = [
  // The authors' released weights name the context fusion layer after its attention.
  { theirs: /(^|\.)cross_attn_layer\./, ours: "$1context_fusion_layer." },
  // The vocabulary bias is one parameter that the original program reaches by two paths and saves twice.
  { theirs: /(^|\.)predictions\.decoder\.bias$/, ours: "$1predictions.bias" },
];

/**
 * The name under which this project knows a parameter that a weight file calls `name`.
 *
 * @example
 * parameterName("bert_encoder.model.bert.cross_attn_layer.gap_mlp.bias");
 * // "bert_encoder.model.bert.context_fusion_layer.gap_mlp.bias"
 */
export function parameterName(name: string): string {
  return SPELLINGS.reduce((spelled, { theirs, ours }) => spelled.replace(theirs, ours), name);
}
