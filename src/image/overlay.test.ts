import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeImage } from "./decode.ts";
import { encodePng } from "./encode.ts";
import { type Corners, emptyMask, maskOfBoxes } from "./mask.ts";
import { drawOverlay } from "./overlay.ts";
import { type Raster, raster } from "./raster.ts";

const [WIDTH, HEIGHT] = [200, 100];
const SIZE = { width: WIDTH, height: HEIGHT };
const GREY = 100;
const [BLUE, ORANGE, TINTED] = ["86,180,233", "230,159,0", "139,118,70"];

/** One grey level. */
function plain(width = WIDTH, height = HEIGHT): Raster {
  const data = new Uint8Array(width * height).fill(GREY);
  return raster({ width, height, channels: 1, data });
}

/** The colour of a pixel as text. */
function colourAt({ width, data }: Raster, x: number, y: number): string {
  return [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)].join(",");
}

/** How many pixels of the picture, its legend left aside, have each colour. */
function coloursOf(drawing: Raster, height: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < drawing.width * height; i++) {
    const colour = colourAt(drawing, i % drawing.width, Math.floor(i / drawing.width));
    counts[colour] = (counts[colour] ?? 0) + 1;
  }
  return counts;
}

const BLOCK: Corners = [20, 30, 60, 50];
const OTHER: Corners = [120, 10, 180, 90];

describe("drawOverlay()", () => {
  test("outlines the truth and tints the prediction", () => {
    const drawing = drawOverlay(plain(), {
      truth: { masks: [{ mask: maskOfBoxes([BLOCK], SIZE) }] },
      prediction: { masks: [{ mask: maskOfBoxes([OTHER], SIZE) }] },
      longestSide: WIDTH,
    });
    const [outline, frame, inner] = [2 * (40 + 18), 2 * (60 + 78), 58 * 78];
    assert.deepEqual(coloursOf(drawing, HEIGHT), {
      [BLUE]: outline,
      [ORANGE]: frame,
      [TINTED]: inner,
      "100,100,100": WIDTH * HEIGHT - outline - frame - inner,
    });
    assert.equal(colourAt(drawing, 20, 30), BLUE);
    assert.equal(colourAt(drawing, 179, 89), ORANGE);
    assert.equal(colourAt(drawing, 150, 50), TINTED);
  });

  test("frames boxes where their masks have their outlines, the truth above", () => {
    const boxes = [{ corners: BLOCK }, { corners: OTHER }];
    const masks = [{ mask: maskOfBoxes([BLOCK, OTHER], SIZE) }];
    const options = { longestSide: WIDTH };
    const framed = drawOverlay(plain(), { truth: { boxes }, ...options });
    assert.deepEqual(framed, drawOverlay(plain(), { truth: { masks }, ...options }));
    const both = drawOverlay(plain(), { truth: { boxes }, prediction: { boxes }, ...options });
    assert.equal(coloursOf(both, HEIGHT)[ORANGE], undefined);
    assert.equal(coloursOf(both, HEIGHT)[BLUE], 2 * (40 + 18) + 2 * (60 + 78));
  });

  test("cuts at the edge what lies beyond it", () => {
    const beyond: Corners = [-5, -5, 10, 400];
    const drawing = drawOverlay(plain(), {
      truth: { boxes: [{ corners: beyond }] },
      longestSide: WIDTH,
    });
    assert.deepEqual(coloursOf(drawing, HEIGHT), {
      [BLUE]: HEIGHT, // its right side alone is inside
      "100,100,100": (WIDTH - 1) * HEIGHT,
    });
  });

  test("makes large pictures smaller, and what is drawn with them", () => {
    const large = plain(3000, 1500);
    const box: Corners = [300, 450, 900, 750];
    const drawing = drawOverlay(large, { truth: { boxes: [{ corners: box }] }, longestSide: 1000 });
    assert.equal(drawing.width, 1000);
    const line = 2; // of 1000 pixels
    assert.equal(coloursOf(drawing, 500)[BLUE], 2 * line * (200 + 100 - 2 * line));
    assert.equal(colourAt(drawing, 100, 150), BLUE);
    const mask = maskOfBoxes([box], { width: 3000, height: 1500 });
    const outlined = drawOverlay(large, { truth: { masks: [{ mask }] }, longestSide: 1000 });
    assert.deepEqual(outlined, drawing);
  });

  test("draws each pixel of a small picture as a square", () => {
    const drawing = drawOverlay(plain(20, 10), {
      prediction: { masks: [{ mask: maskOfBoxes([[2, 3, 4, 5]], { width: 20, height: 10 }) }] },
      longestSide: 215,
    });
    assert.equal(drawing.width, 200);
    const counts = coloursOf(drawing, 100);
    assert.deepEqual([counts[ORANGE], counts[TINTED]], [4 * 19, 18 * 18]);
    assert.equal(colourAt(drawing, 20, 30), ORANGE);
  });

  test("says below which colour is which, of what was drawn", () => {
    const layer = { masks: [{ mask: emptyMask(SIZE), label: "none" }] };
    const both = drawOverlay(plain(), { truth: layer, prediction: layer, longestSide: WIDTH });
    assert.equal(both.height, HEIGHT + 4 + 2 * (7 + 4));
    assert.equal(colourAt(both, 4, HEIGHT + 4), BLUE);
    assert.equal(colourAt(both, 4, HEIGHT + 15), ORANGE);
    assert.equal(colourAt(both, 15, HEIGHT + 4), "0,0,0"); // the T of its word
    const one = drawOverlay(plain(), { prediction: layer, longestSide: WIDTH });
    assert.equal(one.height, HEIGHT + 4 + 7 + 4);
    assert.equal(colourAt(one, 4, HEIGHT + 4), ORANGE);
    const tiny = drawOverlay(plain(20, 10), { truth: {}, longestSide: 20 });
    assert.deepEqual([tiny.width, tiny.height], [20, 25]); // its word is cut, not refused
  });

  test("says of each mask and box what it is, over everything, the truth above the prediction", () => {
    const [mask, longestSide] = [maskOfBoxes([OTHER], SIZE), WIDTH];
    const plainly = drawOverlay(plain(), { prediction: { masks: [{ mask }] }, longestSide });
    const named = drawOverlay(plain(), {
      ...{ prediction: { masks: [{ mask, label: "L" }] }, longestSide },
    });
    // In the middle of the mask, on black with one pixel around it.
    const [left, top] = [150 - 4, 50];
    assert.equal(colourAt(named, left, top), "0,0,0");
    assert.equal(colourAt(named, left + 1, top + 1), ORANGE);
    assert.equal(colourAt(named, left + 2, top + 1), "0,0,0");
    assert.equal(colourAt(named, left + 5, top + 7), ORANGE);
    const changed = new Set<number>();
    for (const [i, level] of named.data.entries()) {
      if (level !== plainly.data[i]) changed.add(Math.floor(i / 3 / WIDTH));
    }
    assert.deepEqual([Math.min(...changed), Math.max(...changed)], [top, top + 8]);
    const both = drawOverlay(plain(), {
      truth: { boxes: [{ corners: BLOCK, label: "L" }] },
      prediction: { boxes: [{ corners: BLOCK, label: "L" }] },
      longestSide,
    });
    assert.equal(colourAt(both, 21, 30 - 9 + 1), BLUE); // on the box
    assert.equal(colourAt(both, 21, 50 + 1), ORANGE); // below it
  });

  test("says in the legend what is to be known of a layer", () => {
    const drawn = (note: string) =>
      drawOverlay(plain(), { prediction: { boxes: [], note }, longestSide: WIDTH });
    assert.notDeepEqual(drawn("objectness >= 0.5"), drawn("objectness >= 0.3"));
  });

  test("is a picture that can be written, of colour pictures too", async () => {
    const data = new Uint8Array(3 * WIDTH * HEIGHT).fill(GREY);
    const options = { truth: { boxes: [{ corners: BLOCK }] }, longestSide: WIDTH };
    const drawing = drawOverlay(raster({ ...SIZE, channels: 3, data }), options);
    assert.deepEqual(drawing, drawOverlay(plain(), options));
    assert.deepEqual(await decodeImage(await encodePng(drawing)), drawing);
  });

  test("refuses a mask of another size", () => {
    const masks = [{ mask: emptyMask({ width: 3, height: 4 }) }];
    assert.throws(
      () => drawOverlay(plain(), { truth: { masks } }),
      /mask of 3 x 4 over a picture of 200 x 100/,
    );
  });
});
