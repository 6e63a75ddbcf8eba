/** @file Soft parts beside the lungs: muscles, breasts, the lungs' roots, the descending aorta, gas in the belly. */
import type { RandomStream } from "../../../util/random.ts";
import { addEllipsoid } from "../projection/ellipsoid.ts";
import { hilumOf } from "./cavity.ts";
import type { Drawing } from "./drawing.ts";
import { SIDES, signOf } from "./side.ts";

/** A drawing, and the stream that its details are drawn from. */
export interface SoftTissueOptions extends Drawing {
  readonly stream: RandomStream;
}

function drawBreasts({ thorax, view, stream, target }: SoftTissueOptions): void {
  const { width: w, height: h, build, projection } = thorax.patient;
  const size = stream.between(0.5, 1.1) * (0.4 + 0.6 * build);
  const sag = projection === "PA" ? 10 : -4;
  for (const side of SIDES) {
    const uneven = 1 + 0.06 * stream.normal();
    addEllipsoid(target, view, {
      x: signOf(side) * (82 + 10 * size) * w,
      y: (166 + 14 * size) * h + sag,
      halfWidth: 60 * Math.sqrt(size) * w * uneven,
      halfHeight: 56 * Math.sqrt(size) * h * uneven,
      depth: 46 * size,
      fadeTop: 0.75,
    });
  }
}

function drawMuscles({ thorax, view, stream, target }: SoftTissueOptions): void {
  const { width: w, height: h, build } = thorax.patient;
  for (const side of SIDES) {
    addEllipsoid(target, view, {
      x: signOf(side) * 104 * w,
      y: (86 + 6 * stream.normal()) * h,
      halfWidth: 62 * w,
      halfHeight: 52 * h,
      depth: stream.between(7, 13) * build,
    });
  }
}

function drawHila({ thorax, view, stream, target }: SoftTissueOptions): void {
  for (const side of SIDES) {
    const { u, y } = hilumOf(thorax.cavities[side]);
    for (const [du, dy, size] of [
      [2, -2, 1],
      [9, 12, 0.8],
      [5, 4, 1.5],
    ] as const) {
      addEllipsoid(target, view, {
        x: signOf(side) * (u + du + 2 * stream.normal()),
        y: y + dy + 3 * stream.normal(),
        halfWidth: 11 * size,
        halfHeight: 16 * size,
        depth: stream.between(4, 8),
        soft: true,
      });
    }
  }
}

function drawGas({ thorax, view, stream, target }: SoftTissueOptions): void {
  const { patient, cavities } = thorax;
  const top = cavities.left.dome.y;
  const gas = patient.stomachGas;
  if (gas > 0) {
    const y = top + 9 + gas;
    addEllipsoid(target, view, {
      x: stream.between(52, 84) * patient.width,
      y,
      halfWidth: gas * stream.between(1.1, 1.9),
      halfHeight: gas,
      depth: -2.6 * gas,
      ...(patient.projection === "PA" ? { floorY: y + gas * stream.between(0, 0.7) } : {}),
    });
  }
  const loops = stream.integer(7);
  let x = stream.between(20, 110) * (stream.uniform() < 0.75 ? 1 : -1);
  let y = top + stream.between(50, 85);
  for (let i = 0; i < loops; i++) {
    const radius = stream.between(7, 15);
    addEllipsoid(target, view, {
      x,
      y,
      halfWidth: radius * stream.between(0.9, 1.5),
      halfHeight: radius,
      depth: -stream.between(0.8, 1.6) * radius,
    });
    x += 1.5 * radius * stream.normal();
    y += radius * stream.normal();
  }
}

function drawDescendingAorta({ thorax, view, painter, target }: SoftTissueOptions): void {
  const { arch } = thorax.mediastinum;
  const { age } = thorax.patient;
  const bottom = thorax.cavities.left.dome.y + 30;
  const points = Array.from({ length: 9 }, (_, i) => {
    const t = i / 8;
    const y = arch.y + 4 + t * (bottom - arch.y);
    const bow = 9 * age * Math.sin(Math.PI * t);
    const x = thorax.spine.at(y) + (arch.x - 2) * (1 - t) ** 1.3 + 9 * t + bow;
    return { ...view.toPixel(x, y), radius: 12.5 * view.scale, gain: 8 * (1 - t * t) };
  });
  painter.add(target, points, (t) => 1 - t ** 6);
}

/** Draws the soft parts, in mm of soft tissue. */
export function drawSoftTissue(options: SoftTissueOptions): void {
  drawMuscles(options);
  if (options.thorax.patient.sex === "female") drawBreasts(options);
  drawDescendingAorta(options);
  drawHila(options);
  drawGas(options);
}
