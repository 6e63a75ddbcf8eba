import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "./findings/finding.ts";
import { PHANTOM_CLASSES } from "./findings/finding.ts";
import { type Phantom, renderPhantom } from "./phantom.ts";

const SIZE = 128;
const FILMS: readonly Phantom[] = Array.from({ length: 40 }, (_, index) =>
  renderPhantom({ seed: 11, index, size: SIZE }),
);

function render(index: number, ...findings: Finding[]): Phantom {
  return renderPhantom({ seed: 11, index, size: SIZE, findings });
}

function meanWhere(film: Phantom, holds: (i: number) => boolean): number {
  let sum = 0;
  let count = 0;
  for (const [i, value] of film.film.data.entries()) {
    if (!holds(i)) continue;
    sum += value;
    count += 1;
  }
  return sum / count;
}

/** How much brighter the mask's pixels become with the finding, the rest of the lungs taken for zero. */
function brightening(index: number, finding: Finding, label: string): number {
  const normal = render(index);
  const ill = render(index, finding);
  const mask = ill.masks[label];
  assert.ok(mask !== undefined);
  const inside = (i: number): boolean => mask.data[i] === 255;
  const outside = (i: number): boolean => normal.anatomy.lungs.data[i] === 255 && !inside(i);
  const change = (holds: (i: number) => boolean): number =>
    meanWhere(ill, holds) - meanWhere(normal, holds);
  return change(inside) - change(outside);
}

/** The mean column of a mask as a share of the film's width. */
function meanColumn(mask: { readonly data: Uint8Array }): number {
  let sum = 0;
  let count = 0;
  for (const [i, value] of mask.data.entries()) {
    if (value === 0) continue;
    sum += (i % SIZE) + 0.5;
    count += 1;
  }
  return sum / count / SIZE;
}

const RIGHT_EFFUSION: Finding = {
  kind: "effusion",
  side: "right",
  severity: "moderate",
  heightMm: 80,
};
const LEFT_AIR: Finding = {
  kind: "pneumothorax",
  side: "left",
  severity: "large",
  apicalMm: 70,
  lateralMm: 45,
};
const RIGHT_PATCH: Finding = {
  kind: "consolidation",
  side: "right",
  zone: "mid",
  severity: "severe",
  radiusMm: 40,
  filling: 0.6,
  bronchograms: true,
};
const LEFT_NODULE: Finding = {
  kind: "nodule",
  side: "left",
  zone: "upper",
  diameterMm: 24,
  calcified: false,
};

test("renderPhantom() gives the same bytes for the same seed and index, and others for others", () => {
  const again = renderPhantom({ seed: 11, index: 7, size: SIZE });
  assert.deepEqual(again, FILMS[7]);
  assert.notDeepEqual(again.film.data, FILMS[8]?.film.data);
  const otherSeed = renderPhantom({ seed: 12, index: 7, size: SIZE });
  assert.notDeepEqual(again.film.data, otherSeed.film.data);
});

test("renderPhantom() shows the same findings and patient at every size", () => {
  const small = renderPhantom({ seed: 11, index: 7, size: 64 });
  assert.deepEqual(small.findings, FILMS[7]?.findings);
  assert.deepEqual(small.patient, FILMS[7]?.patient);
  assert.equal(small.film.width, 64);
});

test("renderPhantom() refuses films too small to draw on", () => {
  assert.throws(() => renderPhantom({ seed: 1, index: 0, size: 32 }), {
    name: "RangeError",
    message: "Cannot render a phantom of 32 pixels a side: a whole number from 64 expected",
  });
});

test("renderPhantom() labels, masks and boxes say the same", () => {
  for (const { findings, labels, masks, boxes } of FILMS) {
    assert.deepEqual(Object.keys(labels), [...PHANTOM_CLASSES]);
    const positives = Object.keys(labels).filter((name) => labels[name] === 1);
    assert.deepEqual(new Set(Object.keys(masks)), new Set(positives));
    assert.deepEqual(new Set(boxes.map(({ label }) => label)), new Set(positives));
    assert.equal(boxes.length, findings.length);
  }
});

test("renderPhantom() boxes lie on the film and fit their masks", () => {
  for (const { masks, boxes } of FILMS) {
    for (const { x, y, width, height } of boxes) {
      assert.ok(x >= 0 && y >= 0 && x + width <= SIZE && y + height <= SIZE);
      assert.ok(width >= 1 && height >= 1);
    }
    for (const [name, mask] of Object.entries(masks)) {
      const own = boxes.filter(({ label }) => label === name);
      const held = (i: number): boolean =>
        own.some(
          ({ x, y, width, height }) =>
            i % SIZE >= x && i % SIZE < x + width && i >= y * SIZE && i < (y + height) * SIZE,
        );
      for (const [i, value] of mask.data.entries()) {
        if (value > 0) assert.ok(held(i), `${name}: pixel ${i} is in no box`);
      }
    }
  }
});

test("renderPhantom() puts the patient's right on the film's left", () => {
  const right = render(3, RIGHT_EFFUSION).masks["Effusion"];
  const left = render(3, LEFT_AIR).masks["Pneumothorax"];
  assert.ok(right !== undefined && left !== undefined);
  assert.ok(meanColumn(right) < 0.4);
  assert.ok(meanColumn(left) > 0.6);
  for (const { anatomy } of FILMS) assert.ok(meanColumn(anatomy.heart) > 0.5);
});

test("renderPhantom() brightens fluid, consolidation and nodules, and darkens free air", () => {
  for (const index of [1, 2, 5]) {
    assert.ok(brightening(index, RIGHT_EFFUSION, "Effusion") > 35);
    assert.ok(brightening(index, RIGHT_PATCH, "Consolidation") > 20);
    assert.ok(brightening(index, LEFT_NODULE, "Nodule") > 8);
    assert.ok(brightening(index, LEFT_AIR, "Pneumothorax") < -10);
  }
});

test("renderPhantom() draws a heart as wide as its cardiothoracic ratio says", () => {
  for (const ratio of [0.45, 0.55, 0.65]) {
    const size = 256;
    const finding: Finding = { kind: "cardiomegaly", severity: "moderate", ratio };
    const { boxes, anatomy } = renderPhantom({ seed: 11, index: 4, size, findings: [finding] });
    let left = size;
    let right = 0;
    for (const [i, value] of anatomy.lungs.data.entries()) {
      if (value === 0) continue;
      left = Math.min(left, i % size);
      right = Math.max(right, i % size);
    }
    const measured = (boxes[0]?.width ?? 0) / (right - left + 1);
    assert.ok(Math.abs(measured - ratio) < 0.035, `${ratio} is drawn as ${measured}`);
  }
});

test("renderPhantom() exposes films: dark lungs, bright heart, neither burnt out", () => {
  for (const film of FILMS.slice(0, 12)) {
    const isLung = (i: number): boolean =>
      film.anatomy.lungs.data[i] === 255 && Object.values(film.masks).every((m) => m.data[i] === 0);
    const lung = meanWhere(film, isLung);
    const heart = meanWhere(film, (i) => film.anatomy.heart.data[i] === 255);
    assert.ok(lung > 35 && lung < 165, `lung ${lung}`);
    assert.ok(heart > 150 && heart < 250, `heart ${heart}`);
    assert.ok(heart - lung > 50, `contrast ${heart - lung}`);
  }
});
