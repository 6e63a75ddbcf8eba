import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { BY_HEART, writeFilmsByHeart } from "../../../test/by-heart.ts";
import { segmentColumn } from "../../recipes/fidelity.ts";
import { SEGMENT_DEFAULTS } from "../../recipes/segment-recipes.ts";
import { finetuneSegmenter } from "./finetune.ts";

test("a segmenter on a frozen, drawn encoder knows lungs and hearts of eight films by heart", async (context) => {
  const { root, data } = await writeFilmsByHeart(BY_HEART.model.imageSize ?? 0);
  try {
    const start = performance.now();
    const { run, model, train, data: reading } = SEGMENT_DEFAULTS;
    const { step, best } = await finetuneSegmenter({
      out: join(root, "run"),
      config: {
        run: { ...run, ...BY_HEART.run, data },
        model: { ...model, ...BY_HEART.model },
        train: { ...train, ...BY_HEART.train },
        data: { ...reading, ...BY_HEART.data, classes: ["Lungs", "Heart"] },
        fidelity: segmentColumn("corrected"),
      },
      ...{ configText: "{}\n", resume: false, onEvent: () => undefined },
      signal: new AbortController().signal,
      clock: () => performance.now(),
      now: () => new Date(0),
    });
    const seconds = (performance.now() - start) / 1000;
    context.diagnostic(
      `Dice ${best?.value} after ${seconds.toFixed(1)} s, ${((8 * step) / seconds).toFixed(1)} images/s`,
    );
    assert.ok((best?.value ?? 0) > 0.95, `Dice ${best?.value}`);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
