/** @file Reads a file of a checkpoint into a store: exactly the tensors that the store has, or an error that says what to do. */
import { describeError, WeightsError } from "../util/errors.ts";
import { describeShape, type NdArray, sameShape } from "../util/nd-array.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import type { NamedViews } from "./parameter-store.ts";

/** What to do about a damaged checkpoint. Never done unasked: another is wanted only by who knows what was lost. */
export const DAMAGED_ADVICE: string = "delete its folder to resume from the checkpoint before it";

/** Names that a message lists. */
const NAMES_SHOWN = 3;

/**
 * Fills views from the tensors of a file.
 * @throws {WeightsError} when the file is missing or damaged, or does not hold exactly these tensors in their shapes
 */
export async function readInto(file: string, views: NamedViews): Promise<void> {
  await using stored = await openSafetensors(file).catch((error: unknown) => {
    throw new WeightsError(`Cannot resume: ${describeError(error)}; ${DAMAGED_ADVICE}`, {
      cause: error,
    });
  });
  const names = new Set(stored.names);
  const missing = [...views.keys()].filter((name) => !names.has(name));
  const unexpected = stored.names.filter((name) => !views.has(name));
  const faults = [listNames(missing, "missing"), listNames(unexpected, "unexpected")];
  if (missing.length + unexpected.length > 0) {
    throw new WeightsError(
      `Cannot resume from "${file}": ${faults.filter((fault) => fault !== "").join(", ")}; it belongs to another model`,
    );
  }
  for (const [name, view] of views) {
    const array = await stored.read(name);
    requireSame(file, name, array, view);
    view.data.set(array.data as Float32Array);
  }
}

/** `3 missing (a, b, c)`; nothing when there are none. */
function listNames(names: readonly string[], what: string): string {
  if (names.length === 0) return "";
  const rest = names.length > NAMES_SHOWN ? " …" : "";
  return `${names.length} ${what} (${names.slice(0, NAMES_SHOWN).join(", ")}${rest})`;
}

function requireSame(file: string, name: string, array: NdArray, view: NdArray): void {
  if (array.dtype === view.dtype && sameShape(array.shape, view.shape)) return;
  throw new WeightsError(
    `Cannot resume from "${file}": "${name}" is ${describeShape(array)}, expected ${describeShape(view)}; ` +
      "it belongs to a model of another size",
  );
}
