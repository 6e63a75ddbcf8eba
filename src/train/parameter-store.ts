/**
 * @file Where the numbers of a model live while it is trained: for each group one long buffer of values, one of gradients and
 * one for each of the optimiser's moments. A parameter is a view of its part, so graphs write gradients in place and the
 * optimiser walks over chunks without knowing where a parameter ends.
 */
import type { Parameter } from "../nn/scope.ts";
import { WeightsError } from "../util/errors.ts";
import { describeShape, type NdArray, sameShape, sizeOf } from "../util/nd-array.ts";
import { type GroupRule, groupParameters } from "./parameter-groups.ts";

/** Elements of a chunk: 1 MiB of f32, small enough for four operands to stay in a core's cache. */
export const CHUNK = 262_144;
/** Parameters start at multiples of 64 bytes. */
const ALIGNMENT = 16;

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** The buffers of one group; `length` elements each, a multiple of `CHUNK`, zeros between and behind the parameters. */
export interface GroupBuffers {
  readonly rule: GroupRule;
  readonly parameters: readonly Parameter[];
  readonly length: number;
  readonly values: Float32Array;
  readonly gradients: Float32Array;
  /** The optimiser's moments by slot. */
  readonly moments: ReadonlyMap<string, Float32Array>;
}

/** Named views of a buffer. */
export type NamedViews = ReadonlyMap<string, NdArray<"f32">>;

/** What a store is made for. */
export interface StoreOptions {
  /** Parameters that receive a gradient. */
  readonly trained: readonly Parameter[];
  /** Parameters that are stored and fed, but have no gradient; buffers are among them, which steps move by other means. */
  readonly fixed: readonly Parameter[];
  readonly rules: readonly GroupRule[];
  /** The optimiser's slots, such as `exp_avg`. */
  readonly slots: readonly string[];
}

interface Placement {
  readonly parameter: Parameter;
  readonly offset: number;
}

function place(parameters: readonly Parameter[]): {
  readonly placements: Placement[];
  readonly length: number;
} {
  let next = 0;
  const placements = parameters.map((parameter) => {
    const offset = next;
    next = roundUp(offset + sizeOf(parameter.shape), ALIGNMENT);
    return { parameter, offset };
  });
  return { placements, length: roundUp(next, CHUNK) };
}

function views(placements: readonly Placement[], buffer: Float32Array): [string, NdArray<"f32">][] {
  return placements.map(({ parameter: { name, shape }, offset }) => [
    name,
    { dtype: "f32", shape, data: buffer.subarray(offset, offset + sizeOf(shape)) },
  ]);
}

/** Values, gradients and moments of a model's parameters. */
export class ParameterStore {
  readonly groups: readonly GroupBuffers[];
  /** Every parameter's value, fixed ones included, by checkpoint name. */
  readonly values: NamedViews;
  /** The gradient of every trained parameter. */
  readonly gradients: NamedViews;
  /** Moments as `<slot>/<parameter>`. */
  readonly moments: NamedViews;
  /** What the micro-batches of the update in work have made of buffers, by name. Until the update is done, it may yet fail. */
  #moved: NamedViews = new Map();

  constructor({ trained, fixed, rules, slots }: StoreOptions) {
    const values: [string, NdArray<"f32">][] = [];
    const gradients: [string, NdArray<"f32">][] = [];
    const moments: [string, NdArray<"f32">][] = [];
    this.groups = [...groupParameters(trained, rules)].map(([rule, parameters]) => {
      const { placements, length } = place(parameters);
      const allocate = (): Float32Array => new Float32Array(length);
      const buffers = { values: allocate(), gradients: allocate() };
      const slotBuffers = new Map(slots.map((slot) => [slot, allocate()]));
      values.push(...views(placements, buffers.values));
      gradients.push(...views(placements, buffers.gradients));
      for (const [slot, buffer] of slotBuffers) {
        for (const [name, view] of views(placements, buffer))
          moments.push([`${slot}/${name}`, view]);
      }
      return { rule, parameters, length, ...buffers, moments: slotBuffers };
    });
    for (const { name, shape } of fixed) {
      values.push([name, { dtype: "f32", shape, data: new Float32Array(sizeOf(shape)) }]);
    }
    this.values = new Map(values);
    this.gradients = new Map(gradients);
    this.moments = new Map(moments);
  }

  /** Buffers as the micro-batches of the update in work have left them; their `values` are those before the update. */
  get moved(): NamedViews {
    return this.#moved;
  }

  /** Keeps what a micro-batch has made of buffers, in place of what those before it made of them. */
  moveBuffers(moved: NamedViews): void {
    this.#moved = moved;
  }

  /** Makes what buffers were moved to their values: the update is done. */
  settleBuffers(): void {
    for (const [name, array] of this.#moved) writeView(this.values, name, array);
    this.#moved = new Map();
  }
}

/**
 * Copies values into a view of the same shape.
 * @throws {WeightsError} when there is no such view or the shapes differ
 */
export function writeView(target: NamedViews, name: string, source: NdArray<"f32">): void {
  const view = target.get(name);
  if (view === undefined || !sameShape(view.shape, source.shape)) {
    const expected = view === undefined ? "no such tensor" : describeShape(view);
    throw new WeightsError(
      `Cannot store "${name}": found ${describeShape(source)}, expected ${expected}`,
    );
  }
  view.data.set(source.data);
}
