/** @file Which boxes a drawing shows, and what stands beside them. */
import type { Box } from "../../data/record.ts";
import type { OverlayBox, OverlayLayer } from "../../image/overlay.ts";

/** Surer boxes are drawn where no bound is named: a detector lists hundreds that hardly mean anything. */
export const DRAWN_OBJECTNESS = 0.5;

/** True boxes, each with its class. */
export const trueBoxes = (boxes: readonly Box[]): OverlayLayer => ({
  boxes: boxes.map((box) => drawn(box, box.label)),
});

/** The boxes of at least so much objectness, each with its class and objectness; the legend tells the bound. */
export function surestBoxes(
  boxes: readonly (Box & { readonly score: number })[],
  minObjectness: number = DRAWN_OBJECTNESS,
): OverlayLayer {
  const sure = boxes.filter(({ score }) => score >= minObjectness);
  return {
    boxes: sure.map((box) => drawn(box, `${box.label} ${box.score.toFixed(2)}`)),
    note: `objectness >= ${minObjectness}`,
  };
}

function drawn({ x, y, width, height }: Box, label: string): OverlayBox {
  return { corners: [x, y, x + width, y + height], label };
}
