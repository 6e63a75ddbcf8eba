/** @file Is a run that goes on still one of the same model? What a dataset decides of it may have changed with the dataset. */
import { isDeepStrictEqual } from "node:util";
import { WeightsError } from "../../util/errors.ts";
import { tryParseJson } from "../../util/jsonl.ts";
import { openSafetensors } from "../../weights/safetensors.ts";

/** What may become another: it says something of the data, and nothing of what the parameters mean. */
const FREE = new Set(["leaks"]);

/**
 * Compares what a checkpoint's file says of its model with what would be written of it from here on: classes, anchors that are fitted to
 * the boxes, grey levels that a dataset prescribes. Parameters that were learnt for the one would be used for the other.
 * @param file the model's file in the checkpoint that the run goes on from
 * @throws {WeightsError} naming the first thing that differs
 */
export async function requireSameModel(
  out: string,
  file: string,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await using stored = await openSafetensors(file);
  for (const [key, text] of Object.entries(metadata)) {
    const before = stored.metadata[key];
    if (before === undefined || before === text) continue;
    const [old, now] = [fieldsOf(key, before), fieldsOf(key, text)];
    for (const [name, value] of old) {
      if (FREE.has(name) || isDeepStrictEqual(value, now.get(name))) continue;
      throw new WeightsError(
        `Cannot resume "${out}": with the dataset as it is now its model would be another one: "${name}" is ${JSON.stringify(now.get(name))}, and was ${JSON.stringify(value)}; put the dataset back as it was, or start a new run`,
      );
    }
  }
}

/** The fields of a description, those of fields under dotted names; or a text as the only one. */
function fieldsOf(key: string, text: string): ReadonlyMap<string, unknown> {
  const value = tryParseJson(text)?.value;
  return isRecord(value) ? new Map(leavesOf(value)) : new Map([[key, text]]);
}

function* leavesOf(fields: object, above = ""): Generator<readonly [name: string, value: unknown]> {
  for (const [name, value] of Object.entries(fields)) {
    if (isRecord(value)) yield* leavesOf(value, `${above}${name}.`);
    else yield [`${above}${name}`, value];
  }
}

const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
