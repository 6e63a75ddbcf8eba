/** @file A compiled graph: one ONNX Runtime session whose inputs and outputs are host arrays, written in place when given. */
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describeError, ExecutionError, ShapeError } from "../../util/errors.ts";
import { type DType, describeShape, type NdArray, sameShape } from "../../util/nd-array.ts";
import { type Graph, graphInputs } from "../graph.ts";
import { emitOnnx } from "../onnx/emit-onnx.ts";
import { optimizeForRuntime } from "../passes/optimize.ts";
import type { TensorType } from "../tensor.ts";
import type { Device } from "./device.ts";

/** How a graph is compiled. */
export interface CompileOptions extends Device {
  /** Where ONNX Runtime writes its profile, a file name without ending; no profile when absent. */
  readonly profilePrefix?: string;
  /** Run the graph as it stands, without passes and without ONNX Runtime's own; for tests. */
  readonly verbatim?: boolean;
}

/** Arrays by the names of a graph's inputs or outputs. */
export type NamedArrays = ReadonlyMap<string, NdArray>;

const ORT_TYPE = {
  f32: "float32",
  f64: "float64",
  i64: "int64",
  i32: "int32",
  u8: "uint8",
  bool: "bool",
} as const satisfies Record<DType, string>;

const DTYPE = Object.fromEntries(
  Object.entries(ORT_TYPE).map(([dtype, type]) => [type, dtype]),
) as Readonly<Record<string, DType>>;

/** Wrappers are kept for as long as their array lives: resident buffers are wrapped once, not at every step. */
const wrappers = new WeakMap<NdArray, OrtTensor>();

function wrap(array: NdArray): OrtTensor {
  const known = wrappers.get(array);
  if (known !== undefined) return known;
  const tensor = new OrtTensor(ORT_TYPE[array.dtype], array.data, array.shape);
  wrappers.set(array, tensor);
  return tensor;
}

function unwrap(name: string, tensor: OrtTensor): NdArray {
  const dtype = DTYPE[tensor.type];
  if (dtype === undefined)
    throw new ExecutionError(`Cannot read output "${name}": its type is ${tensor.type}`);
  return { dtype, shape: tensor.dims, data: tensor.data as NdArray["data"] };
}

function sessionOptions({
  provider,
  threads,
  profilePrefix,
  verbatim,
}: CompileOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    // Without the arena, freed tensors go back to the system: 1.5 GB less at full size, and no slower.
    enableCpuMemArena: false,
    // A planned pattern reserves one block for a whole run: 2 GB more at full size than tensors that come and go.
    enableMemPattern: false,
    graphOptimizationLevel: verbatim === true ? "disabled" : "all",
    logSeverityLevel: 3,
    // Threads that wait by spinning take the cores from the loader's workers, and from whatever else runs here.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix }),
  };
}

/** A graph that can be run. Dispose of it to free its memory. */
export class Program {
  /** Types of the inputs by name. */
  readonly inputs: ReadonlyMap<string, TensorType>;
  /** Types of the outputs by name. */
  readonly outputs: ReadonlyMap<string, TensorType>;
  readonly #session: InferenceSession;
  #disposed = false;

  private constructor(graph: Graph, session: InferenceSession) {
    this.inputs = graphInputs(graph);
    // Types only: a tensor would keep the whole graph in memory, its constants included.
    this.outputs = new Map(
      [...graph.outputs].map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
    );
    this.#session = session;
  }

  /**
   * Compiles a graph for a device.
   * @throws {ExecutionError} when ONNX Runtime refuses it
   */
  static async compile(graph: Graph, options: CompileOptions): Promise<Program> {
    const optimized = options.verbatim === true ? graph : optimizeForRuntime(graph);
    const bytes = emitOnnx(optimized);
    try {
      return new Program(optimized, await InferenceSession.create(bytes, sessionOptions(options)));
    } catch (error) {
      throw new ExecutionError(
        `Cannot compile a graph of ${optimized.nodes.length} nodes for "${options.provider}": ${describeError(error)}`,
        { cause: error },
      );
    }
  }

  /**
   * Runs the graph. Arrays in `into` receive the outputs of their names in place; the others are allocated. An output may be
   * written over an input when every node that reads the input is needed for that output, and so comes before it.
   *
   * @throws {ShapeError} when an array is missing or does not have the input's type
   * @throws {ExecutionError} when ONNX Runtime fails
   */
  async run(feeds: NamedArrays, into: NamedArrays = new Map()): Promise<NamedArrays> {
    const inputs = bind(this.inputs, feeds, "input");
    const fetches: Record<string, OrtTensor | null> = {};
    for (const [name, type] of this.outputs) {
      const array = into.get(name);
      if (array !== undefined) requireType(array, type, `output "${name}"`);
      fetches[name] = array === undefined ? null : wrap(array);
    }
    const results = await this.#run(inputs, fetches);
    return new Map(
      [...this.outputs.keys()].map((name) => [
        name,
        into.get(name) ?? unwrap(name, results[name] as OrtTensor),
      ]),
    );
  }

  async #run(
    feeds: Record<string, OrtTensor>,
    fetches: Record<string, OrtTensor | null>,
  ): Promise<InferenceSession.ReturnType> {
    try {
      return await this.#session.run(feeds, fetches);
    } catch (error) {
      throw new ExecutionError(`Cannot run the program: ${describeError(error)}`, { cause: error });
    }
  }

  /** Frees the session; writes the profile if there is one. Does nothing the second time. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#session.endProfiling();
    await this.#session.release();
  }
}

function bind(
  types: ReadonlyMap<string, TensorType>,
  arrays: NamedArrays,
  role: string,
): Record<string, OrtTensor> {
  const bound: Record<string, OrtTensor> = {};
  for (const [name, type] of types) {
    const array = arrays.get(name);
    if (array === undefined) {
      throw new ShapeError(
        `Cannot run the program: ${role} "${name}" ${describeShape(type)} is missing`,
      );
    }
    requireType(array, type, `${role} "${name}"`);
    bound[name] = wrap(array);
  }
  return bound;
}

function requireType(array: NdArray, type: TensorType, what: string): void {
  if (array.dtype !== type.dtype || !sameShape(array.shape, type.shape)) {
    throw new ShapeError(
      `Cannot run the program: ${what} is ${describeShape(array)}, expected ${describeShape(type)}`,
    );
  }
}
