/** @file A batch of pre-training as inputs of the model: texts cut to what is read, the noise that chooses patches. */
import type { Batch } from "../data/loader.ts";
import type { PretrainingFields } from "../data/pretraining-job.ts";
import { gridOf } from "../model/config.ts";
import type { BatchSizes } from "../model/ecamp.ts";
import { ecampFeeds, type FeedOptions, type HostBatch } from "../model/ecamp-feeds.ts";
import { fillUniform } from "../util/random.ts";
import { maskedText, wholeText } from "./fit-text.ts";
import type { BatchFeeds } from "./micro-batches.ts";
import { shapeName } from "./pretrain-shapes.ts";

/** How the arrays of a batch become inputs. */
export interface HostOptions {
  readonly seed: number;
  readonly feed: FeedOptions;
  /** The shape of a whole batch, all T tokens. */
  readonly full: BatchSizes;
  /** Are words found at every place of a text, or at the masked ones only? */
  readonly words: "every" | "masked";
  /** The stream of the noise that chooses patches. */
  readonly noise?: string;
}

/** A batch as inputs of the model, without the random masks. */
export function hostFeeds(
  { arrays, records, ordinal }: Batch<PretrainingFields>,
  { feed, seed, full, words, noise: name = "patches" }: HostOptions,
): BatchFeeds {
  const patches = gridOf(feed.config) ** 2;
  const noise = new Float32Array(records.length * patches);
  fillUniform(noise, { seed, name, step: ordinal });
  const { sizes, ...text } = words === "every" ? wholeText(arrays, full) : maskedText(arrays, full);
  const host: HostBatch = {
    ...text,
    image: arrays.image,
    windowTop: arrays.windowTop.data,
    windowLeft: arrays.windowLeft.data,
    noise: { dtype: "f32", shape: [records.length, patches], data: noise },
  };
  return { feeds: ecampFeeds(host, feed).feeds, variant: shapeName(sizes) };
}
