/** @file What a run's results depend on in its configuration, as a hash: a run that goes on must have the same. */
import { sha256 } from "../util/sha256.ts";

/** The keys of every kind of run that may change when it is resumed: what was computed so far does not depend on them. */
export const FREE_ON_RESUME: readonly string[] = [
  "run.data",
  "run.tokenizer",
  "run.device",
  "run.threads",
  "data.workers",
  "data.prefetch",
  "data.onBadRecord",
  "train.checkpointMinutes",
  "train.onFullDisk",
];

/** SHA-256 of every value that is not free, in hexadecimal digits; it does not depend on the order of keys. */
export function configurationSha256(
  config: object,
  free: readonly string[] = FREE_ON_RESUME,
): string {
  const lines = Object.entries(config).flatMap(([section, values]: [string, object]) =>
    Object.entries(values).map(([name, value]) => [`${section}.${name}`, JSON.stringify(value)]),
  );
  const kept = lines.filter(([key = ""]) => !free.includes(key));
  const text = kept.map(([key, value]) => `${key} = ${value}\n`).sort();
  return sha256(text.join(""));
}
