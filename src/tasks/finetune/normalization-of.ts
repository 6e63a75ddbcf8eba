/** @file Which mean and standard deviation of grey levels a downstream run normalises by. */
import type { Dataset } from "../../data/dataset.ts";
import type { Normalization } from "../../model/grey-image.ts";
import type { EncoderOptions } from "../../recipes/downstream-config.ts";
import { ConfigError } from "../../util/errors.ts";
import { DOWNSTREAM_NORMALIZATION, type EncoderSource } from "./encoder-source.ts";

/**
 * The configuration's own numbers, or those of the weights or of the dataset, as it says.
 * @throws {ConfigError} when it gives half of them, or the dataset has none
 */
export function normalizationOf(
  model: EncoderOptions,
  { normalization = DOWNSTREAM_NORMALIZATION }: EncoderSource,
  { folder, manifest }: Dataset,
): Normalization {
  const { mean, std } = model;
  if (mean !== null && std !== null) return { mean, std };
  if (mean !== null || std !== null) {
    throw new ConfigError(
      "Cannot normalise pictures with one of model.mean and model.std: give both, or neither",
    );
  }
  if (model.normalization === "weights") return normalization;
  if (manifest.normalization !== undefined) return manifest.normalization;
  throw new ConfigError(
    `Cannot take model.normalization from the dataset: the dataset.json of "${folder}" has no "normalization"`,
  );
}
