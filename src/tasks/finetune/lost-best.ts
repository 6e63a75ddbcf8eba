/** @file Is the best model of a run gone, so that another one is judged in its place? */
import { join } from "node:path";
import { Checkpoints } from "../../train/checkpoint.ts";
import { isFile } from "../../util/is-file.ts";

/**
 * What a reader of figures should know of a run whose validation chose a model that is there no longer. A run without a split val never
 * chose one, and its last model is the right one.
 * @param run its folder, or a model's file, which has no other
 */
export async function describeLostBest(run: string): Promise<readonly string[]> {
  const best = join(run, "best", "model.safetensors");
  if ((await isFile(run)) || (await isFile(best))) return [];
  const checkpoints = new Checkpoints(run, { keep: 1 });
  const newest = (await checkpoints.steps()).at(-1);
  if (newest === undefined) return [];
  const { best: chosen } = await checkpoints.state(newest);
  if (chosen === undefined) return [];
  return [
    `the run's best model, of step ${chosen.step}, is not in its folder "best": that of step ${newest} is judged in its place`,
  ];
}
