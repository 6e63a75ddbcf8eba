/**
 * @file Where a layer stands in a model. A scope's path is the prefix of its parameters' checkpoint names; a trace collects
 * what the layers declare: parameters, buffers and how a step moves them, random masks and named intermediates.
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
  /** A fixed table is no part of what is trained, nor is a buffer. */
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
  /** What buffers become with a training step, by their names. */
  readonly moves: Map<string, Tensor> = new Map();
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

  /**
   * State that training steps move by other means than a gradient, such as running statistics. It is stored, fed and saved like a
   * fixed parameter; without `moveBuffer` it stays as it is.
   */
  buffer(name: string, shape: Shape, initializer: Initializer): Tensor {
    return this.param(name, shape, initializer, { trainable: false });
  }

  /**
   * Says what a buffer of this scope becomes with a training step. A step reads what it was before.
   * @throws {ConfigError} when there is no such buffer, or the step moves it already
   * @throws {ShapeError} when it would change its type
   */
  moveBuffer(name: string, next: Tensor): void {
    const fullName = this.nameOf(name);
    const buffer = this.trace.parameters.get(fullName);
    if (buffer === undefined || buffer.trainable) {
      const found = buffer === undefined ? "nothing of that name is declared" : "it is trained";
      throw new ConfigError(`Cannot move buffer "${fullName}": ${found}`);
    }
    if (this.trace.moves.has(fullName)) {
      throw new ConfigError(
        `Cannot move buffer "${fullName}" twice in a step: a layer with running statistics runs once`,
      );
    }
    if (next.dtype !== buffer.tensor.dtype || !sameShape(next.shape, buffer.shape)) {
      throw new ShapeError(
        `Cannot move buffer "${fullName}" to ${describeShape(next)}: it is ${describeShape(buffer.tensor)}`,
      );
    }
    this.trace.moves.set(fullName, next);
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
