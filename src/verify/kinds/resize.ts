/** @file Replays the `resize` fixture: normalised grey pictures resized inside a graph, bicubic (SPEC 2, the small image). */
import { z } from "zod";
import { buildGraph } from "../../engine/graph.ts";
import { cast, div, sub } from "../../engine/ops/elementwise.ts";
import { reshape } from "../../engine/ops/layout.ts";
import { Program } from "../../engine/runtime/program.ts";
import { input, scalar } from "../../engine/tensor.ts";
import { resizeImage } from "../../nn/resize.ts";
import { fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { compareTensor, toleranceSchema } from "../tolerance.ts";

const fixtureSchema = z.object({
  config: z.object({
    sizes: z.array(z.tuple([z.int(), z.int()])),
    out: z.int(),
    mean: z.number(),
    std: z.number(),
  }),
  tolerance: toleranceSchema,
});

/** Resizes every recorded picture and compares it. */
export const replayResize: Replay = async (fixture, { device: provider, threads }) => {
  const { config, tolerance } = fixtureFields(fixture, fixtureSchema);
  const findings: Finding[] = [];
  for (const [height, width] of config.sizes) {
    const picture = await fixture.tensor(`in/${height}x${width}_u8`);
    const levels = div(cast(input("picture", "u8", [height, width]), "f32"), scalar(255));
    const normalized = div(sub(levels, scalar(config.mean)), scalar(config.std));
    const image = reshape(normalized, [1, 1, height, width]);
    const resized = resizeImage(image, {
      height: config.out,
      width: config.out,
      interpolation: "bicubic",
    });
    const graph = buildGraph({ resized: reshape(resized, [config.out, config.out]) });
    await using program = await Program.compile(graph, { provider, threads });
    const results = await program.run(new Map([["picture", picture]]));
    const name = `out/${height}x${width}`;
    const got = results.get("resized");
    if (got === undefined) continue;
    findings.push(...compareTensor({ name, got, expected: await fixture.tensor(name), tolerance }));
  }
  return findings;
};
