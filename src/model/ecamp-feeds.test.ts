import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NANO } from "../../test/nano-model.ts";
import { inputName } from "../engine/tensor.ts";
import { ndArray, zeros } from "../util/nd-array.ts";
import { ecampInputs } from "./ecamp.ts";
import { ecampFeeds, type HostBatch } from "./ecamp-feeds.ts";

const CONFIG = { ...NANO, imageSize: 14, bigImageSize: 28, patch: 7 };
const BATCH: HostBatch = {
  image: zeros("u8", [3, 28, 28]),
  ids: zeros("i64", [3, 5]),
  labels: zeros("i64", [3, 5]),
  attentionMask: zeros("f32", [3, 5]),
  tokenWeights: zeros("f32", [3, 5]),
  windowTop: [0, 1, 2],
  windowLeft: [2, 0, 1],
  noise: ndArray("f32", [3, 4], [0.3, 0.1, 0.2, 0, 0, 0.1, 0.2, 0.3, 0.3, 0.2, 0.1, 0]),
};

describe("ecampFeeds()", () => {
  const { feeds, masking } = ecampFeeds(BATCH, { config: CONFIG, kept: 2, window: 12 });

  test("feeds every input of the graph, as it is declared", () => {
    const declared = Object.values(ecampInputs(CONFIG, { batch: 3, tokens: 5, kept: 2 }));
    const types = declared.map((tensor) => [inputName(tensor), tensor.dtype, tensor.shape]);
    const fed = [...feeds].map(([name, { dtype, shape }]) => [name, dtype, shape]);
    assert.deepEqual(fed.toSorted(), types.toSorted());
    assert.equal(feeds.get("idsKeep"), masking.idsKeep);
    assert.deepEqual([...masking.idsKeep.data], [3n, 1n, 0n, 1n, 3n, 2n]);
  });

  test("marks the window's rows and columns, two pixels a super-patch here", () => {
    const marked = (name: string, sample: number): string => {
      const values = feeds.get(name)?.data.slice(28 * sample, 28 * (sample + 1)) ?? [];
      return Array.from(values, Number).join("");
    };
    const window = "1".repeat(24);
    assert.deepEqual(
      [0, 1, 2].map((b) => marked("windowRows", b)),
      [`${window}0000`, `00${window}00`, `0000${window}`],
    );
    assert.deepEqual(
      [0, 1, 2].map((b) => marked("windowColumns", b)),
      [`0000${window}`, `${window}0000`, `00${window}00`],
    );
  });
});
