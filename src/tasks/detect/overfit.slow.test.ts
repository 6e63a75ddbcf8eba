import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { BY_HEART, writeFilmsByHeart } from "../../../test/by-heart.ts";
import { DETECT_DEFAULTS } from "../../recipes/detect-recipes.ts";
import { detectColumn } from "../../recipes/fidelity.ts";
import { finetuneDetector } from "./finetune.ts";

/** A quarter of the published ones: eight films do not fill 24 million numbers. */
const CHANNELS = [512, 256, 128] as const;

test("a detector on a frozen, drawn encoder knows the findings of eight films by heart", async (context) => {
  const { root, data } = await writeFilmsByHeart(BY_HEART.model.imageSize ?? 0);
  try {
    const start = performance.now();
    const { run, model, train, data: reading } = DETECT_DEFAULTS;
    const found: number[] = [];
    const { step } = await finetuneDetector({
      out: join(root, "run"),
      config: {
        run: { ...run, ...BY_HEART.run, data },
        model: { ...model, ...BY_HEART.model, channels: CHANNELS },
        train: { ...train, ...BY_HEART.train },
        data: { ...reading, ...BY_HEART.data },
        fidelity: detectColumn("corrected"),
      },
      ...{ configText: "{}\n", resume: false },
      onEvent: (event) => {
        if (event.kind === "validation") found.push(event.report.losses["ap50"] ?? 0);
      },
      signal: new AbortController().signal,
      clock: () => performance.now(),
      now: () => new Date(0),
    });
    const seconds = (performance.now() - start) / 1000;
    const ap50 = Math.max(...found);
    context.diagnostic(
      `AP50 ${ap50} after ${seconds.toFixed(1)} s, ${((8 * step) / seconds).toFixed(1)} images/s`,
    );
    assert.ok(ap50 > 0.95, `AP50 ${ap50}`);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
