/** @file What the conformance suite knows of an operator: a row with cases, or the reason why it has no gradient. */
import {
  type Attrs,
  applyAll,
  type Op,
  registeredOps,
  type Tensor,
} from "../../src/engine/tensor.ts";
import { type Draw, drawAll } from "../draw.ts";
import { type Traceable, type Traced, trace } from "../trace.ts";

/** One use of an operator: traced inputs and outputs, with arrays that a seed determines. */
export interface OpCase extends CaseOptions {
  readonly name: string;
  readonly trace: (seed: number) => Traced;
}

/** What is particular about a case. */
export interface CaseOptions {
  /** Allowed difference between f32 and f64, as a share of the largest magnitude of a tensor. */
  readonly tolerance?: number;
  /** Why the gradient of this case is not checked. */
  readonly forwardOnly?: string;
}

/** The cases of one operator. */
export interface OpRow {
  readonly cases: readonly OpCase[];
  /** Why the operator has no gradient; absent when it has one. */
  readonly noGradient?: string;
}

/** Rows by operator; those outside the standard domain carry theirs. */
export type OpRows = Readonly<Record<string, OpRow>>;

/** A case: how its inputs are drawn, and what is computed from them. */
export const opCase = <Name extends string>(
  name: string,
  draws: Readonly<Record<Name, Draw>>,
  f: Traceable<Name>,
  options: CaseOptions = {},
): OpCase => ({ name, trace: (seed) => trace(f, drawAll(draws, seed)), ...options });

/** The name under which rows and kernels list an operator. */
export const opName = ({ domain = "", type }: Op): string =>
  domain === "" ? type : `${domain}:${type}`;

/** Applies an operator by name, for attributes that no function of the engine sets. */
export function applyNamed(
  name: string,
  inputs: readonly Tensor[],
  attrs: Attrs,
): readonly Tensor[] {
  const op = [...registeredOps().values()].find((each) => opName(each) === name);
  if (op === undefined) throw new RangeError(`Cannot apply ${name}: it is not defined`);
  return applyAll(op, inputs, attrs);
}
