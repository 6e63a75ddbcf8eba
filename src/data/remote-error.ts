/** @file Errors that cross from a worker to the main thread and stay what they are. */
import {
  ConfigError,
  DecodeError,
  EcampError,
  ExecutionError,
  ManifestError,
  ShapeError,
  WeightsError,
} from "../util/errors.ts";

/** An error as plain data. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly cause?: RemoteError | undefined;
}

type ErrorConstructor = new (message: string, options?: ErrorOptions) => Error;

const CONSTRUCTORS: ReadonlyMap<string, ErrorConstructor> = new Map<string, ErrorConstructor>([
  ["EcampError", EcampError],
  ["ShapeError", ShapeError],
  ["ConfigError", ConfigError],
  ["ManifestError", ManifestError],
  ["DecodeError", DecodeError],
  ["WeightsError", WeightsError],
  ["ExecutionError", ExecutionError],
  ["TypeError", TypeError],
  ["RangeError", RangeError],
]);

/** An error, its causes included, as plain data. Errors of Node's own streams and workers cannot all be cloned. */
export function toRemoteError(error: unknown): RemoteError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack, cause } = error;
  return { name, message, stack, ...(cause !== undefined && { cause: toRemoteError(cause) }) };
}

/** The error again: of the same class where that is one of ours or common, with the stack of where it was thrown. */
export function fromRemoteError({ name, message, stack, cause }: RemoteError): Error {
  const Constructor = CONSTRUCTORS.get(name) ?? Error;
  const options = cause === undefined ? {} : { cause: fromRemoteError(cause) };
  const error = new Constructor(message, options);
  if (stack !== undefined) error.stack = stack;
  return error;
}
