/** @file Which tensors of a weight file fit which parameters of a model, and a refusal that says what does not. */
import { WeightsError } from "../util/errors.ts";
import { escapeLine } from "../util/escape-controls.ts";
import { type Shape, sameShape } from "../util/nd-array.ts";
import { type Match, nameTensors } from "./name-tensors.ts";

export type { Match } from "./name-tensors.ts";

/** A parameter whose tensor has another shape. */
export interface Reshaped extends Match {
  readonly found: Shape;
  readonly wanted: Shape;
}

/** What becomes of every parameter of a model and of every tensor of a file. */
export interface LoadReport {
  /** Same name, perhaps spelled otherwise, and same shape. */
  readonly loaded: readonly Match[];
  /** Parameters for which the file has no tensor. */
  readonly missing: readonly string[];
  /** Tensors (by the file's names) for which the model has no parameter. */
  readonly unexpected: readonly string[];
  /** Same name, another shape: a position table of another grid, a vocabulary of another size. */
  readonly reshaped: readonly Reshaped[];
  /** Tensors that repeat, under another spelling, one that is loaded or reshaped; they should hold the same values. */
  readonly repeated: readonly Match[];
}

/** What may differ without a refusal. */
export interface LoadTerms {
  /** The weight file, for messages. */
  readonly file: string;
  /** What is loaded into, such as `ecamp-base` or `vit-b/16`, for messages. */
  readonly model: string;
  /** May this parameter keep its initial value? None may by default. */
  readonly mayMiss?: (name: string) => boolean;
  /** May this tensor of the file stay unused? None may by default. */
  readonly mayIgnore?: (name: string) => boolean;
  /** Does the caller convert this parameter's tensor to the wanted shape? None by default. */
  readonly converts?: (reshaped: Reshaped) => boolean;
}

const NAMES_SHOWN = 5;
const never = (): boolean => false;

/**
 * Matches the tensors of a file to the parameters of a model by name, other known spellings and what comes before all names
 * included. A tensor with the parameter's own name goes before one with another spelling.
 */
export function matchWeights({
  available,
  wanted,
}: {
  /** The file's tensors, in its order. */
  available: Iterable<readonly [name: string, shape: Shape]>;
  /** The model's parameters, in its order. */
  wanted: Iterable<readonly [name: string, shape: Shape]>;
}): LoadReport {
  const parameters = new Map(wanted);
  const named = nameTensors(available, (name) => parameters.has(name));
  const { tensors } = named;
  const loaded: Match[] = [];
  const missing: string[] = [];
  const reshaped: Reshaped[] = [];
  for (const [name, shape] of parameters) {
    const tensor = tensors.get(name);
    if (tensor === undefined) missing.push(name);
    else if (sameShape(tensor.shape, shape)) loaded.push({ name, sources: tensor.sources });
    else reshaped.push({ name, sources: tensor.sources, found: tensor.shape, wanted: shape });
  }
  const repeated = named.repeated.filter(({ name }) => parameters.has(name));
  const unexpected = [...tensors.values(), ...named.repeated]
    .filter(({ name }) => !parameters.has(name))
    .flatMap(({ sources }) => sources);
  return { loaded, missing, unexpected, reshaped, repeated };
}

function listNames(names: readonly string[], what: string): string | undefined {
  if (names.length === 0) return undefined;
  const shown = escapeLine(names.slice(0, NAMES_SHOWN).join(", "));
  const rest = names.length - NAMES_SHOWN;
  return `${names.length} ${what} (${shown}${rest > 0 ? ` and ${rest} more` : ""})`;
}

function listReshaped(reshaped: readonly Reshaped[]): string | undefined {
  return listNames(
    reshaped.map(
      ({ name, found, wanted }) => `${name}: [${found.join(",")}] for [${wanted.join(",")}]`,
    ),
    "reshaped",
  );
}

/** One line such as `345 loaded, 2 missing (norm.weight, norm.bias), 1 unexpected (fc_norm.weight)`. */
export function describeLoad({ loaded, missing, unexpected, reshaped }: LoadReport): string {
  const parts = [
    `${loaded.length} loaded`,
    listNames(missing, "missing"),
    listNames(unexpected, "unexpected"),
    listReshaped(reshaped),
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/**
 * Refuses a match that leaves out more than the terms allow; nothing is ever left out silently.
 * @throws {WeightsError} such as `Cannot load weights "ecamp.pth" into vit-b/16: 2 missing (norm.weight, norm.bias)`
 */
export function requireLoad(
  { loaded, missing, unexpected, reshaped }: LoadReport,
  { file, model, mayMiss = never, mayIgnore = never, converts = never }: LoadTerms,
): void {
  const faults = [
    listNames(
      missing.filter((name) => !mayMiss(name)),
      "missing",
    ),
    listNames(
      unexpected.filter((name) => !mayIgnore(name)),
      "unexpected",
    ),
    listReshaped(reshaped.filter((one) => !converts(one))),
  ].filter((fault) => fault !== undefined);
  if (faults.length === 0) return;
  const none = loaded.length + reshaped.length === 0 ? "no name is known, " : "";
  throw new WeightsError(
    `Cannot load weights "${file}" into ${model}: ${none}${faults.join(", ")}`,
  );
}
