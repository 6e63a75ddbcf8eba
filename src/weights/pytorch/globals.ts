/**
 * @file The few classes and functions that a checkpoint of tensors names, each as a rule that builds plain data. A name that is
 * not here is refused as soon as it is read; none is ever looked up, imported or called.
 */
import type { FileType } from "../safetensors-types.ts";
import { numpyScalar } from "./numpy-scalar.ts";
import { ENTRY_BYTES, type PickleBudget } from "./pickle-budget.ts";
import {
  hasKind,
  type Pickled,
  type PickledDict,
  type PickledKey,
  PickleError,
  type StorageReference,
} from "./pickled.ts";
import { tensorView } from "./tensor-view.ts";

/** A call that a pickle asks for, beside its arguments. */
interface Call {
  /** What is called. */
  readonly where: string;
  readonly budget: PickleBudget;
}

/** Builds a value from the arguments with which the pickle would have called something. */
type Build = (args: readonly Pickled[], call: Call) => Pickled;

/** The element types of PyTorch's storages, by the classes' names. */
const STORAGE_TYPES: ReadonlyMap<string, FileType> = new Map([
  ["torch.DoubleStorage", "F64"],
  ["torch.FloatStorage", "F32"],
  ["torch.HalfStorage", "F16"],
  ["torch.BFloat16Storage", "BF16"],
  ["torch.LongStorage", "I64"],
  ["torch.IntStorage", "I32"],
  ["torch.ShortStorage", "I16"],
  ["torch.CharStorage", "I8"],
  ["torch.ByteStorage", "U8"],
  ["torch.BoolStorage", "BOOL"],
]);

/** Characters of a name in a message. */
const MAX_NAME_SHOWN = 200;

function wrong(where: string): never {
  throw new PickleError(`its pickle gives ${where} arguments that it does not take`);
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks, …)`. */
const rebuildTensor: Build = ([storage, offset, shape, strides], { where }) =>
  hasKind(storage, "storage") ? tensorView(storage, { offset, shape, strides }) : wrong(where);

/** `_rebuild_parameter(data, requires_grad, hooks)`: a parameter is its tensor. */
const rebuildParameter: Build = ([data], { where }) =>
  hasKind(data, "tensor") ? data : wrong(where);

const orderedDict: Build = ([pairs = []], { where, budget }) => {
  const dict: PickledDict = new Map();
  if (!Array.isArray(pairs)) wrong(where);
  budget.charge(ENTRY_BYTES * pairs.length); // before, and for keys that repeat too: they take time, if no memory
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) wrong(where);
    const [key = null, value = null] = pair;
    dict.set(toKey(key), value);
  }
  return dict;
};

const namespace: Build = (args, { where }) =>
  args.length === 0 ? { kind: "namespace", values: new Map() } : wrong(where);

/** `_codecs.encode(text, "latin1")`: how protocol 2 writes bytes. */
const encodeLatin1: Build = ([text, encoding], { where }) =>
  typeof text === "string" && encoding === "latin1" ? Buffer.from(text, "latin1") : wrong(where);

const numpyType: Build = ([code], { where }) =>
  typeof code === "string" ? { kind: "numpy-type", code, isBigEndian: false } : wrong(where);

const scalar: Build = ([type, bytes], { where }) =>
  hasKind(type, "numpy-type") && bytes instanceof Uint8Array
    ? numpyScalar(type, bytes)
    : wrong(where);

const BUILDERS: ReadonlyMap<string, Build> = new Map([
  ["collections.OrderedDict", orderedDict],
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_parameter", rebuildParameter],
  ["argparse.Namespace", namespace],
  ["_codecs.encode", encodeLatin1],
  ["numpy.dtype", numpyType],
  ["numpy.core.multiarray.scalar", scalar],
  ["numpy._core.multiarray.scalar", scalar],
]);

/**
 * A name that a pickle asks for.
 * @throws {PickleError} when it is not one of the few
 */
export function globalReference(module: string, attribute: string): Pickled {
  const name = `${module}.${attribute}`;
  if (BUILDERS.has(name) || STORAGE_TYPES.has(name)) return { kind: "global", name };
  throw new PickleError(
    `its pickle asks for ${JSON.stringify(name.slice(0, MAX_NAME_SHOWN)).slice(1, -1)}, which loading tensors does not need; nothing was executed; ` +
      "take the file from somewhere you trust, or have its tensors saved as safetensors",
  );
}

/**
 * What calling a global with arguments stands for.
 * @throws {PickleError} when it is not something to call, or its arguments are others
 */
export function buildGlobal(callee: Pickled, args: Pickled, budget: PickleBudget): Pickled {
  const name = hasKind(callee, "global") ? callee.name : "a value";
  const build = BUILDERS.get(name);
  if (build === undefined || !Array.isArray(args)) {
    throw new PickleError(
      `its pickle calls ${name}, which is not a function; nothing was executed`,
    );
  }
  return build(args, { where: name, budget });
}

/**
 * What a persistent id stands for: `("storage", class, key, location, count)`, in a legacy file followed by None.
 * @throws {PickleError} when it is anything else
 */
export function storageReference(id: Pickled): StorageReference {
  const [tag, type, key, , count, view = null] = Array.isArray(id) ? id : [];
  const fileType = hasKind(type, "global") ? STORAGE_TYPES.get(type.name) : undefined;
  const isStorage =
    tag === "storage" && fileType !== undefined && typeof key === "string" && view === null;
  if (!isStorage || typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
    throw new PickleError("its pickle refers to something outside itself that is no storage");
  }
  return { kind: "storage", type: fileType, key, count };
}

/**
 * A value as a dictionary's key. No checkpoint has keys beyond 2⁵³; V8 finds those by their last 64 bits only, so that many of them
 * could be made to take hours.
 * @throws {PickleError} when it is a container, or such a number
 */
export function toKey(key: Pickled): PickledKey {
  if ((typeof key !== "object" && typeof key !== "bigint") || key === null) return key;
  throw new PickleError("its pickle has a dictionary with a key that is neither text nor number");
}
