/** @file Where a report's words look in a picture: the fusion layer's cross-attention of a pre-trained model (SPEC 3.4 and 4.4). */
import { buildGraph, type Graph, graphInputs } from "../engine/graph.ts";
import type { Device } from "../engine/runtime/device.ts";
import { type NamedArrays, Program } from "../engine/runtime/program.ts";
import { type EcampConfig, gridOf } from "../model/config.ts";
import { ecamp, ecampInputs } from "../model/ecamp.ts";
import { type Parameter, Scope, Trace } from "../nn/scope.ts";
import type { NdArray } from "../util/nd-array.ts";

/** The intermediate that is looked at. */
const TAP = "bert_encoder.model.bert.context_fusion_layer.cross_self_attention.probs";
const PROBS = "probs";

/** A batch of whole pictures and unmasked texts. */
export interface AttendingPairs {
  /** u8 [B, S, S]: grey levels of the big image. */
  readonly image: NdArray<"u8">;
  /** i64 [B, T]: the words, filled up with the pad token. */
  readonly ids: NdArray<"i64">;
  /** f32 [B, T]: 1 on real tokens. */
  readonly attentionMask: NdArray<"f32">;
}

/** The part of the model that cross-attention depends on. */
export interface TracedAttention {
  readonly graph: Graph;
  /** The parameters that it reads, in the order in which the model declares them. */
  readonly parameters: readonly Parameter[];
}

/** Traces the model without dropout and cuts it to cross-attention: [B, heads, T, N]. */
export function traceCrossAttention(config: EcampConfig, batch: number): TracedAttention {
  const trace = new Trace();
  const tokens = config.positions;
  const kept = gridOf(config) ** 2;
  const inputs = ecampInputs(config, { batch, tokens, kept, words: 1 }); // found words are not looked at
  ecamp(new Scope(trace), inputs, { ...config, dropout: 0, attentionDropout: 0 });
  const probs = trace.taps.get(TAP);
  if (probs === undefined) throw new RangeError(`internal: the model taps no "${TAP}"`);
  const graph = buildGraph({ [PROBS]: probs });
  const read = graphInputs(graph);
  const parameters = [...trace.parameters.values()].filter(({ name }) => read.has(name));
  return { graph, parameters };
}

/** The compiled part of a model, for looking more than once. */
export class CrossAttention implements AsyncDisposable {
  /** Pairs in a batch. */
  readonly batch: number;
  readonly #program: Program;
  readonly #parameters: NamedArrays;
  readonly #idsKeep: NdArray<"i64">;

  private constructor(program: Program, parameters: NamedArrays, idsKeep: NdArray<"i64">) {
    this.batch = idsKeep.shape[0] ?? 0;
    this.#program = program;
    this.#parameters = parameters;
    this.#idsKeep = idsKeep;
  }

  /**
   * Compiles it.
   * @param model its sizes, and its parameters by checkpoint name, which are only read
   * @throws {ExecutionError} when the device refuses
   */
  static async compile(
    { config, parameters }: { readonly config: EcampConfig; readonly parameters: NamedArrays },
    { device, batch }: { readonly device: Device; readonly batch: number },
  ): Promise<CrossAttention> {
    const program = await Program.compile(traceCrossAttention(config, batch).graph, device);
    return new CrossAttention(program, parameters, everyPatch(batch, gridOf(config) ** 2));
  }

  /**
   * Probabilities f32 [B, heads, T, N]; the columns are the picture's patches row by row.
   * @throws {ShapeError} when an array is of another size
   * @throws {ExecutionError} when the device fails
   */
  async run({ image, ids, attentionMask }: AttendingPairs): Promise<NdArray<"f32">> {
    const feeds = new Map<string, NdArray>([
      ...this.#parameters,
      ["image", image],
      ["ids", ids],
      ["attentionMask", attentionMask],
      ["idsKeep", this.#idsKeep],
    ]);
    const probs = (await this.#program.run(feeds)).get(PROBS);
    if (probs?.data instanceof Float32Array) {
      return { dtype: "f32", shape: probs.shape, data: probs.data };
    }
    throw new RangeError(`internal: the program gave no "${PROBS}"`);
  }

  /** Frees the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

/**
 * Every patch in its place. The published program shuffles the patches even where none is removed, and leaves the columns in that
 * order; unshuffled there is nothing to undo.
 */
function everyPatch(batch: number, patches: number): NdArray<"i64"> {
  const data = BigInt64Array.from({ length: batch * patches }, (_, i) => BigInt(i % patches));
  return { dtype: "i64", shape: [batch, patches], data };
}
