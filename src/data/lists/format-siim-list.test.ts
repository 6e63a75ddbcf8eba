import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { allRecords, writeAnnotatedSet } from "../../../test/annotated-set.ts";
import type { Mask } from "../../image/mask.ts";
import { decodeRunLengths } from "../../image/run-lengths.ts";
import { openDataset } from "../dataset.ts";
import { importAnnotations } from "../import-annotations.ts";
import { readMasks } from "../read-masks.ts";
import { siimPneumothorax } from "../sources/siim-pneumothorax.ts";
import { formatSiimList } from "./format-siim-list.ts";
import { parseSiimList } from "./siim-list.ts";

const root = await mkdtemp(join(tmpdir(), "format-siim-list-"));
after(() => rm(root, { recursive: true, force: true }));

const starts = fc.constantFrom("relative", "absolute");
const textOf = (...parts: Parameters<typeof formatSiimList>): string =>
  [...formatSiimList(...parts)].join("");

test("formatSiimList() writes a line for each picture", () => {
  const mask = { width: 2, height: 2, data: Uint8Array.of(0, 0, 1, 0) };
  const none = { width: 2, height: 2, data: new Uint8Array(4) };
  const text = textOf([
    { id: "a", mask },
    { id: 'b,"c"', mask: none },
  ]);
  assert.equal(text, 'ImageId,EncodedPixels\na,1 1\n"b,""c""",-1\n');
});

test("a list of any masks is read back as they were", () => {
  const side = fc.integer({ min: 1, max: 9 });
  const mask = fc
    .tuple(side, side)
    .chain(([width, height]) =>
      fc
        .array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height })
        .map((pixels): Mask => ({ width, height, data: Uint8Array.from(pixels) })),
    );
  // What a cell cannot keep is the space around it, and the parser takes no empty id.
  const id = fc
    .string({ unit: "binary", minLength: 1, maxLength: 8 })
    .filter((text) => text.trim() === text && !/[\0\ufeff]/.test(text));
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ id, mask }), {
        selector: (one) => one.id,
        minLength: 1,
        maxLength: 5,
      }),
      starts,
      (masks, counted) => {
        const read = parseSiimList({
          source: "list.csv",
          text: textOf(masks, { starts: counted }),
        });
        assert.deepEqual(
          read.map((image) => image.id),
          masks.map((one) => one.id),
        );
        for (const [i, { codes }] of read.entries()) {
          const { mask: drawn } = masks[i] ?? assert.fail();
          const { width, height } = drawn;
          assert.deepEqual(decodeRunLengths(codes, { width, height, starts: counted }).mask, drawn);
        }
      },
    ),
    { seed: 11 },
  );
});

test("masks survive list, dataset folder and list again", async () => {
  const size = { width: 1024, height: 1024 } as const;
  const rectangle = fc.record({
    left: fc.integer({ min: 0, max: 1000 }),
    top: fc.integer({ min: 0, max: 1000 }),
    width: fc.integer({ min: 1, max: 400 }),
    height: fc.integer({ min: 1, max: 400 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(rectangle, { maxLength: 4 }), starts, async (rectangles, counted) => {
      const mask = { ...size, data: new Uint8Array(1024 * 1024) };
      for (const { left, top, width, height } of rectangles) {
        for (let row = top; row < Math.min(1024, top + height); row++) {
          mask.data.fill(1, row * 1024 + left, row * 1024 + Math.min(1024, left + width));
        }
      }
      const train = textOf([{ id: "a", mask }], { starts: counted });
      const set = await writeAnnotatedSet(root, {
        pictures: { "a.png": [1024, 1024] },
        lists: { train },
      });
      const { repairs } = await importAnnotations(siimPneumothorax({ starts: counted }), set);
      assert.deepEqual(repairs, {});
      const { maskRoot } = await openDataset(set.out);
      const [record = assert.fail()] = await allRecords(set.out);
      assert.equal(record.labels?.["Pneumothorax"], rectangles.length > 0 ? 1 : 0);
      const { masks } = await readMasks(record, ["Pneumothorax"], { maskRoot, size });
      const [read = assert.fail()] = masks;
      assert.ok(Buffer.from(read.data).equals(mask.data));
      assert.equal(textOf([{ id: "a", mask: read }], { starts: counted }), train);
    }),
    { seed: 5, numRuns: 8 },
  );
});
