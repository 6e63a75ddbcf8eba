/** @file What a kernel of the reference interpreter is, and how it reads the inputs and attributes of a node. */
import type { Node } from "../../src/engine/tensor.ts";
import type { Values } from "./values.ts";

/**
 * One operator as the ONNX standard words it: from its inputs, the constant operands included, and its attributes to its
 * outputs. Kernels are written from that text, not from the engine's shape rules.
 */
export type Kernel = (inputs: Inputs, attributes: Attributes) => readonly Values[];

/** Kernels by ONNX operator. */
export type Kernels = Readonly<Record<string, Kernel>>;

/** The inputs of a node, in order. */
export class Inputs {
  readonly all: readonly Values[];

  constructor(all: readonly Values[]) {
    this.all = all;
  }

  /** Input number `position`. */
  at(position: number): Values {
    const value = this.all[position];
    if (value === undefined)
      throw new TypeError(`Cannot compute a node: it has no input ${position}`);
    return value;
  }

  /** The elements of input number `position`, which is a list such as a shape or axes. */
  list(position: number): readonly number[] {
    return [...this.at(position).data];
  }
}

/** The attributes of a node that are written to ONNX. */
export class Attributes {
  readonly #node: Node;

  constructor(node: Node) {
    this.#node = node;
  }

  /** A number, or the standard's default when the node does not say. */
  number(name: string, standard?: number): number {
    const value = this.#value(name) ?? standard;
    if (typeof value !== "number") throw this.#error(name, "a number");
    return value;
  }

  /** A list of numbers, or the standard's default. */
  numbers(name: string, standard?: readonly number[]): readonly number[] {
    const value = this.#value(name) ?? standard;
    if (!Array.isArray(value)) throw this.#error(name, "a list of numbers");
    return value.map(Number);
  }

  /** A word, or the standard's default. */
  word(name: string, standard?: string): string {
    const value = this.#value(name) ?? standard;
    if (typeof value !== "string") throw this.#error(name, "a word");
    return value;
  }

  #value(name: string): unknown {
    return name in (this.#node.op.attributes ?? {}) ? this.#node.attrs[name] : undefined;
  }

  #error(name: string, expected: string): TypeError {
    return new TypeError(
      `Cannot compute ${this.#node.op.type}: its attribute "${name}" is not ${expected}`,
    );
  }
}
