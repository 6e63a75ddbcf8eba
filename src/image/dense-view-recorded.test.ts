import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { openCopy } from "../../test/fixture-copy.ts";
import type { Fixture } from "../verify/fixture.ts";
import { decodeImage } from "./decode.ts";
import { stillGeometry } from "./dense-geometry.ts";
import { INSIDE, type MaskResize, viewMask, viewPicture } from "./dense-view.ts";
import { type Corners, type Mask, maskOfBoxes } from "./mask.ts";
import { normalize } from "./normalize.ts";
import { decodeRunLengths } from "./run-lengths.ts";

let fixture: Fixture;
before(async () => {
  fixture = await openCopy("image-transforms");
});

/** A recorded tensor's numbers. */
const recorded = async (name: string): Promise<readonly number[]> =>
  Array.from((await fixture.tensor(name)).data, Number);

/** The pixels of two planes that are not equal. */
function differences(found: Uint8Array, expected: readonly number[]): number {
  assert.equal(found.length, expected.length);
  return found.filter((level, i) => level !== INSIDE * (expected[i] ?? Number.NaN)).length;
}

describe("options of a view express what the authors' program makes of", () => {
  test("RSNA: stretched pictures, boxes as masks by their corners", async () => {
    const boxes: readonly Corners[] = [
      [100, 200.5, 400.9, 600],
      [350, 500, 700, 900],
      [990, 1000, 1100, 1200],
    ];
    const mask = maskOfBoxes(boxes, { width: 1024, height: 1024 });
    const view = viewMask(mask, stillGeometry(mask), { size: 112, resize: "corner" });
    assert.equal(differences(view.data, await recorded("out/rsna/mask")), 0);
    const picture = await decodeImage(join(fixture.directory, "rsna1024.png"));
    const image = viewPicture(picture, stillGeometry(picture), { size: 112 });
    const expected = await recorded("out/rsna/image");
    for (const [i, value] of normalize(image, { mean: 0.4722, std: 0.3028 }).data.entries()) {
      assert.ok(Math.abs(value - (expected[i] ?? Number.NaN)) < 1e-5);
    }
  });

  test("SIIM: shares of a letterboxed mask, here in bytes", async () => {
    const rows: unknown = Object(fixture.json["expect"]).siimRle;
    assert.ok(Array.isArray(rows));
    const { mask } = decodeRunLengths(rows.map(String), { width: 1024, height: 1024 });
    const options = { size: 224, fit: "letterbox", resize: "area" } as const;
    const { data } = viewMask(mask, stillGeometry(mask), options);
    const expected = await recorded("out/siim/mask-a");
    assert.ok(expected.some((share) => share > 0 && share < 1));
    for (const [i, level] of data.entries()) {
      assert.ok(Math.abs(level - INSIDE * (expected[i] ?? Number.NaN)) <= 0.5 + 1e-4);
    }
  });

  test("RIGA: what a letterboxed disc touches and a cup fills, here from a mask for each", async () => {
    const { shape, data } = await fixture.tensor("in/riga-mask");
    const [height = 0, width = 0] = shape;
    const levels = Uint8Array.from(data, Number);
    const greatest = levels.reduce((most, level) => Math.max(most, level), 0);
    const view = (isInside: (level: number) => boolean, resize: MaskResize): Uint8Array => {
      const mask: Mask = { width, height, data: levels.map((level) => Number(isInside(level))) };
      return viewMask(mask, stillGeometry(mask), { size: 112, fit: "letterbox", resize }).data;
    };
    const expected = await recorded("out/riga/masks");
    const pixels = expected.length / 2;
    const disc = view((level) => level > 0, "any");
    const cup = view((level) => level === greatest, "all");
    // The program rounds shares of a disc's grey level, about half of 255: less than 1/256 of a pixel is nothing there, 1/510 here.
    const [ofDisc, ofCup] = [expected.slice(0, pixels), expected.slice(pixels)];
    assert.ok(differences(disc, ofDisc) <= 4, `${differences(disc, ofDisc)} pixels of the disc`);
    assert.ok(differences(cup, ofCup) <= 4, `${differences(cup, ofCup)} pixels of the cup`);
    assert.ok(
      differences(
        view((level) => level > 0, "nearest"),
        ofDisc,
      ) > 50,
    );
    assert.ok(
      differences(
        view((level) => level === greatest, "nearest"),
        ofCup,
      ) > 50,
    );
  });
});
