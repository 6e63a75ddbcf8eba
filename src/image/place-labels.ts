/** @file Finds places for labels over a drawing, so that none hides another as long as there is room. */
import type { Corners } from "./mask.ts";
import type { PixelSize } from "./raster.ts";

/** A label that wants a place. */
export interface WantedLabel extends PixelSize {
  /** Where its upper left corner shall be. */
  readonly x: number;
  readonly y: number;
  /** Where it goes when that place is taken: up or down. */
  readonly gives: "up" | "down";
}

/** The places of labels in their order, inside the drawing: where they are wanted, or as near above or below as there is room. */
export function placeLabels(labels: readonly WantedLabel[], drawing: PixelSize): Corners[] {
  const taken: Corners[] = [];
  for (const label of labels) taken.push(placeOf(label, drawing, taken));
  return taken;
}

function placeOf(label: WantedLabel, drawing: PixelSize, taken: readonly Corners[]): Corners {
  const { width, height } = label;
  const x = within(Math.round(label.x), drawing.width - width);
  const y = within(Math.round(label.y), drawing.height - height);
  const first: Corners = [x, y, x + width, y + height];
  const step = label.gives === "up" ? -height : height;
  for (const by of [step, -step]) {
    for (let top = y; top >= 0 && top + height <= drawing.height; top += by) {
      const place: Corners = [x, top, x + width, top + height];
      if (!taken.some((other) => overlap(place, other))) return place;
    }
  }
  return first; // no room is left in these columns
}

const within = (value: number, most: number): number => Math.max(0, Math.min(value, most));

const overlap = ([ax, ay, ar, ab]: Corners, [bx, by, br, bb]: Corners): boolean =>
  ax < br && bx < ar && ay < bb && by < ab;
