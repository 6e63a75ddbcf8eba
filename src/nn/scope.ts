/**
 * @file Where a layer stands in a model. A scope's path is the prefix of its parameters' checkpoint names; a trace collects
 * what the layers declare: parameters, random masks and named intermediates.
 */
import { input, type Tensor } from "../engine/tensor.ts";
import { ConfigError, ShapeError } from "../util/errors.ts";
import { describeShape, type Shape, sameShape } from "../util/nd-array.ts";
import type { Initializer } from "./initializers.ts";

/** A parameter of a model. */
export interface Parameter {
  /** The checkpoint name. */
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** A fixed table is no part of what is trained. */
  readonly trainable: boolean;
  readonly tensor: Tensor;
}

/** A mask of random bits that is fed at every step, such as a dropout mask. */
export interface RandomMask {
  /** The stream's name, such as `dropout/bert_encoder.model.bert.embeddings`. */
  readonly name: string;
  readonly shape: Shape;
  /** The probability that an element is kept (true). */
  readonly keep: number;
  readonly tensor: Tensor;
}

/** What one run of a model function has declared. */
export class Trace {
  readonly parameters: Map<string, Parameter> = new Map();
  readonly masks: Map<string, RandomMask> = new Map();
  /** Intermediates by path: what explanation and parity read. */
  readonly taps: Map<string, Tensor> = new Map();
}

/** A place in a model. */
export class Scope {
  readonly path: string;
  readonly trace: Trace;

  constructor(trace: Trace, path = "") {
    this.trace = trace;
    this.path = path;
  }

  /** The scope below this one. */
  at(name: string | number): Scope {
    return new Scope(this.trace, this.nameOf(name));
  }

  /** The full name of something in this scope. */
  nameOf(name: string | number): string {
    return this.path === "" ? `${name}` : `${this.path}.${name}`;
  }

  /**
   * A parameter of this scope. The same name is the same parameter: that is how weights are tied.
   * @throws {ShapeError} when the name is known with another shape
   */
  param(
    name: string,
    shape: Shape,
    initializer: Initializer,
    { trainable = true }: { readonly trainable?: boolean } = {},
  ): Tensor {
    const fullName = this.nameOf(name);
    const known = this.trace.parameters.get(fullName);
    if (known !== undefined) {
      if (sameShape(known.shape, shape)) return known.tensor;
      throw new ShapeError(
        `Cannot declare parameter "${fullName}" as [${shape.join(",")}]: it is ${describeShape(known.tensor)} already`,
      );
    }
    const tensor = input(fullName, "f32", shape);
    this.trace.parameters.set(fullName, { name: fullName, shape, initializer, trainable, tensor });
    return tensor;
  }

  /** A bool mask that is true with probability `keep`, drawn on the host from the stream `kind/path`. */
  randomMask(kind: string, shape: Shape, keep: number): Tensor {
    const name = `${kind}/${this.path}`;
    if (this.trace.masks.has(name)) {
      throw new ConfigError(`Cannot draw two masks from one stream: "${name}" is used already`);
    }
    const tensor = input(name, "bool", shape);
    this.trace.masks.set(name, { name, shape, keep, tensor });
    return tensor;
  }

  /** Names an intermediate and returns it. */
  tap(name: string, tensor: Tensor): Tensor {
    this.trace.taps.set(this.nameOf(name), tensor);
    return tensor;
  }

  /** Builds a part of the model; a shape error in it says where it happened. */
  build<T>(part: () => T): T {
    try {
      return part();
    } catch (error) {
      const lacksPlace = error instanceof ShapeError && !error.message.includes(" (at ");
      if (!lacksPlace || this.path === "") throw error;
      throw new ShapeError(`${error.message} (at ${this.path})`, { cause: error });
    }
  }
}
