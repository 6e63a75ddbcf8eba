/** @file Finds the model's tensors in what a checkpoint holds: bare, or wrapped with an optimiser, an epoch and arguments. */
import { describeShape } from "../../util/nd-array.ts";
import { refuseFile } from "../refuse-file.ts";
import type { BesideTensors } from "../weights-file.ts";
import { asTensor, hasKind, type Pickled, type PickledDict, type TensorView } from "./pickled.ts";

/** Keys under which programs put a model's tensors, in the order in which they are looked for. */
const WRAPPERS = ["model", "state_dict", "model_state_dict"] as const;

/** How many wrappers may be around one another. */
const MAX_WRAPPERS = 4;

/** A model's tensors, and what lies beside them. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, TensorView>;
  readonly beside: readonly BesideTensors[];
}

/** The wrapper of a dictionary that holds a dictionary, if it has one. */
function wrapped(dict: PickledDict): readonly [string, PickledDict] | undefined {
  for (const name of WRAPPERS) {
    const inner = dict.get(name);
    if (inner instanceof Map) return [name, inner];
  }
  return undefined;
}

/**
 * The tensors of a checkpoint.
 * @throws {WeightsError} when there are none where a checkpoint has them
 */
export function findStateDict(file: string, root: Pickled): StateDict {
  if (!(root instanceof Map)) {
    refuseFile(file, `it holds ${describePickled(root)}, expected a dictionary of tensors`);
  }
  const beside: BesideTensors[] = [];
  let dict = root;
  let path = "";
  for (let depth = 0; depth < MAX_WRAPPERS; depth++) {
    const inner = wrapped(dict);
    if (inner === undefined) break;
    const [name, content] = inner;
    for (const [key, value] of dict) {
      if (key !== name) beside.push({ name: `${path}${key}`, what: describePickled(value) });
    }
    dict = content;
    path += `${name}.`;
  }
  const tensors = new Map<string, TensorView>();
  for (const [key, value] of dict) {
    const tensor = asTensor(value);
    if (tensor === undefined) beside.push({ name: `${path}${key}`, what: describePickled(value) });
    else tensors.set(String(key), tensor);
  }
  if (tensors.size > 0) return { tensors, beside };
  const found = beside.map(({ name, what }) => `${name} (${what})`).slice(0, 5);
  refuseFile(
    file,
    `it holds no tensors of a model (found ${found.join(", ") || "nothing"}), expected them at its top or under ${WRAPPERS.join(", ")}`,
  );
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** A value in a few words, its parts only counted. */
export function describePickled(value: Pickled): string {
  if (value === null) return "None";
  if (typeof value === "string") return `text of ${plural(value.length, "character")}`;
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (value instanceof Map) return `dictionary of ${value.size}`;
  if (value instanceof Uint8Array) return plural(value.length, "byte");
  if (hasKind(value, "namespace")) return `${plural(value.values.size, "argument")}`;
  if (hasKind(value, "numpy")) return String(value.value ?? `NumPy ${value.code}`);
  if (hasKind(value, "tensor")) {
    return `tensor ${describeShape({ dtype: value.storage.type, shape: value.shape })}`;
  }
  return value.kind === "global" ? value.name : value.kind;
}
