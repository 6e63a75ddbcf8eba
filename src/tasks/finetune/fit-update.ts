/** @file Few labels fit an update. */
import type { DownstreamConfig } from "../../recipes/downstream-config.ts";

/** Batches no larger than the records are, and no more of them in an update; few labels are learnt from as a whole. */
export function fitUpdate<Config extends Pick<DownstreamConfig, "train">>(
  config: Config,
  records: number,
  note: (text: string) => void,
): Config {
  const { train } = config;
  const batch = Math.min(train.batch, records);
  const accumulate = Math.min(train.accumulate, Math.floor(records / batch));
  if (batch === train.batch && accumulate === train.accumulate) return config;
  note(
    `warning: an update is to take ${train.batch} × ${train.accumulate} records, and there are ${records} to learn from: it takes ${batch} × ${accumulate}`,
  );
  return { ...config, train: { ...train, batch, accumulate } };
}
