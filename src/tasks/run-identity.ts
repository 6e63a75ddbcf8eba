/** @file What a run's results depend on in its configuration, as a hash: a run that goes on must have the same. */
import { createHash } from "node:crypto";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";

/** The keys that may change when a run is resumed: what was computed so far does not depend on them. */
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
export function configurationSha256(config: PretrainConfig): string {
  const lines = Object.entries(config).flatMap(([section, values]) =>
    Object.entries(values).map(([name, value]) => [`${section}.${name}`, JSON.stringify(value)]),
  );
  const kept = lines.filter(([key = ""]) => !FREE_ON_RESUME.includes(key));
  const text = kept.map(([key, value]) => `${key} = ${value}\n`).sort();
  return createHash("sha256").update(text.join("")).digest("hex");
}
