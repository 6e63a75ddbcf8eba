/** @file The anchors of the detector: the box sizes that its cells refine (Redmon and Farhadi 2018; SPEC 4.3). */

/** Width and height of a box, in pixels. */
export type Anchor = readonly [width: number, height: number];

/** Side of the images that the anchors were clustered on. */
const CLUSTERED_ON = 416;

/** For each scale, the coarsest first. */
const ANCHORS: readonly (readonly Anchor[])[] = [
  [
    [116, 90],
    [156, 198],
    [373, 326],
  ],
  [
    [30, 61],
    [62, 45],
    [59, 119],
  ],
  [
    [10, 13],
    [16, 30],
    [33, 23],
  ],
];

/** The anchors of YOLOv3 in pixels of an image of this side, for each scale, the coarsest first. */
export function detectionAnchors(imageSize: number): readonly (readonly Anchor[])[] {
  const scale = imageSize / CLUSTERED_ON;
  return ANCHORS.map((anchors) =>
    anchors.map(([width, height]): Anchor => [width * scale, height * scale]),
  );
}
