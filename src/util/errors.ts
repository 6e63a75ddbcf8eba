/** @file The small tree of errors that callers catch; programmer mistakes stay `TypeError` / `RangeError`. */

/**
 * Base of every error that a user can cause and a caller may want to catch.
 *
 * Messages are in sentence case without a final period: what was attempted, on what, what was found,
 * what was expected, and what to do.
 */
export class EcampError extends Error {
  override readonly name: string = "EcampError";
}

/** Two shapes, or a shape and an attribute, do not fit together. */
export class ShapeError extends EcampError {
  override readonly name = "ShapeError";
}

/** A configuration, recipe, option or combination of them is wrong. */
export class ConfigError extends EcampError {
  override readonly name = "ConfigError";
}

/** The command line itself is wrong (exit status 2). */
export class UsageError extends EcampError {
  override readonly name = "UsageError";
}

/** A dataset folder, a table or one of its lines is wrong. */
export class ManifestError extends EcampError {
  override readonly name = "ManifestError";
}

/** A file's bytes are not the picture (or text) that they should be. */
export class DecodeError extends EcampError {
  override readonly name = "DecodeError";
}

/** A weight file is damaged, or its tensors do not fit the model. */
export class WeightsError extends EcampError {
  override readonly name = "WeightsError";
}

/** A graph could not be compiled or run on the device. */
export class ExecutionError extends EcampError {
  override readonly name = "ExecutionError";
}

/** A one-line description of anything thrown, for the middle of another message. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
