import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  classifyColumn,
  detectColumn,
  FIDELITY,
  type FidelityOptions,
  fidelityColumn,
  type SegmentFidelityOptions,
  segmentColumn,
} from "../recipes/fidelity.ts";
import {
  architectureSwitches,
  classifyMethod,
  detectMethod,
  methodOptions,
  segmentMethod,
} from "./method-options.ts";

const first = fidelityColumn("published");
const KEYS = Object.keys(first) as (keyof FidelityOptions)[];

/** Where source files read switches: `fidelity.key`, `fidelity["key"]`, each with its file. */
async function reads(): Promise<readonly (readonly [key: string, file: string])[]> {
  const root = fileURLToPath(new URL("../", import.meta.url));
  const files = (await readdir(root, { recursive: true })).filter(
    (file) =>
      file.endsWith(".ts") && !file.endsWith(".test.ts") && !/^(?:recipes|verify)\//.test(file),
  );
  const found: (readonly [string, string])[] = [];
  for (const file of files) {
    const text = await readFile(join(root, file), "utf8");
    for (const [, dotted, quoted] of text.matchAll(
      /(?<!--set )\bfidelity(?:\.(?!ts\b)(\w+)|\["([\w.]+)"\])/g,
    )) {
      found.push([dotted ?? quoted ?? "", file]);
    }
    assert.doesNotMatch(text, /\}\s*=\s*(?:\w+\.)*fidelity\b/, `${file} takes switches apart`);
  }
  return found;
}

describe("methodOptions()", () => {
  test("is, with those of the other tasks, the one place that reads switches, each once", async () => {
    const found = await reads();
    assert.deepEqual([...new Set(found.map(([, file]) => file))], ["tasks/method-options.ts"]);
    const columns = [classifyColumn, segmentColumn, detectColumn];
    const keys = new Set([
      ...KEYS,
      ...columns.flatMap((column) => Object.keys(column("published"))),
    ]);
    assert.deepEqual(found.map(([key]) => key).toSorted(), [...keys].toSorted());
  });

  test("gives every value of every switch a meaning of its own", () => {
    for (const key of KEYS) {
      const values: readonly (string | boolean)[] = FIDELITY[key].values;
      const meanings = values.map((value) =>
        JSON.stringify(methodOptions({ ...first, [key]: value })),
      );
      assert.equal(new Set(meanings).size, values.length, key);
    }
  });

  test("has an inverse for what is stored in a model", () => {
    for (const name of ["published", "corrected"] as const) {
      const column = fidelityColumn(name);
      const { architecture } = methodOptions(column);
      assert.deepEqual({ ...column, ...architectureSwitches(architecture) }, column);
      assert.deepEqual(
        Object.keys(architectureSwitches(architecture)).toSorted(),
        KEYS.filter((key) => FIDELITY[key].architecture).toSorted(),
      );
    }
  });

  test("says what each switch computes", () => {
    const second = methodOptions(fidelityColumn("corrected"));
    assert.deepEqual(methodOptions(first), {
      architecture: { positionExponent: "k/(2d)", finalRelu: true, tiedDecoder: false },
      pixelMean: "all",
      words: "every",
      text: {
        ...{ descriptors: "draw", swapsSides: false },
        ...{ entities: "exact", phrases: "two", sentences: "dot" },
      },
      view: { flip: "image" },
      window: "original",
      decode: { sixteenBit: "clip" },
      cosineEnd: "cosineEpochs",
    });
    assert.deepEqual(second, {
      architecture: { positionExponent: "k/(d/2)", finalRelu: false, tiedDecoder: true },
      pixelMean: "counted",
      words: "masked",
      text: {
        ...{ descriptors: "always", swapsSides: false },
        ...{ entities: "lemma", phrases: "list", sentences: "sentence" },
      },
      view: { flip: "none" },
      window: "augmented",
      decode: { sixteenBit: "range" },
      cosineEnd: "epochs",
    });
    const { text, view } = methodOptions({ ...first, flip: "swap" });
    assert.deepEqual([text.swapsSides, view.flip], [true, "image"]);
  });
});

test("classifyMethod() says what each switch computes", () => {
  const decode = (sixteenBit: string) => ({ sixteenBit });
  assert.deepEqual(classifyMethod(classifyColumn("published")), {
    decode: decode("clip"),
    backbone: "train",
  });
  assert.deepEqual(classifyMethod(classifyColumn("corrected")), {
    decode: decode("range"),
    backbone: "eval",
  });
});

test("segmentMethod() and detectMethod() say what each switch computes", () => {
  assert.deepEqual(segmentMethod(segmentColumn("published")), {
    decode: { sixteenBit: "clip" },
    ...{ masksMove: false, maskFit: "letterbox", maskResize: "area" },
  });
  const corrected = segmentColumn("corrected");
  assert.deepEqual(segmentMethod(corrected), {
    decode: { sixteenBit: "range" },
    ...{ masksMove: true, maskFit: "stretch", maskResize: "nearest" },
  });
  for (const key of Object.keys(corrected) as (keyof SegmentFidelityOptions)[]) {
    const meanings = FIDELITY[key].values.map((value) =>
      JSON.stringify(segmentMethod({ ...corrected, [key]: value })),
    );
    assert.equal(new Set(meanings).size, FIDELITY[key].values.length, key);
  }
  const discs = { ...corrected, "segmentation.maskResize": "disc-and-cup" } as const;
  assert.deepEqual(segmentMethod(discs).maskResize, { disc: "any", cup: "all" });
  assert.deepEqual(detectMethod(detectColumn("published")), { decode: { sixteenBit: "clip" } });
  assert.deepEqual(detectMethod(detectColumn("corrected")), { decode: { sixteenBit: "range" } });
});
