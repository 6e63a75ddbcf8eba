/**
 * @file RSNA pneumonia: lists `image_path,bbox`, boxes [x1, y1, x2, y2] in pixels of 1024 × 1024 (SPEC 4.2, 4.3), or the
 * challenge's own table.
 */
import { ManifestError } from "../../util/errors.ts";
import { boxesOfCorners } from "../boxes-of-corners.ts";
import { parseRsnaList, type RsnaRow } from "../lists/rsna-list.ts";
import { isRsnaTable, parseRsnaTable } from "../lists/rsna-table.ts";
import type { Annotation, AnnotationSource, FoundPicture, Mending } from "./annotation-source.ts";
import { withoutRawForm } from "./without-raw-form.ts";

/** How RSNA's lists are taken. */
export interface RsnaOptions {
  /** Boxes without area in the picture; `error` by default. */
  readonly faults?: Mending;
}

const CLASS = "Pneumonia";
const LISTED = { width: 1024, height: 1024 } as const;

/** The set as an importer takes it. */
export function rsnaPneumonia({ faults = "error" }: RsnaOptions = {}): AnnotationSource<RsnaRow> {
  return {
    name: "rsna-pneumonia",
    task: ["classify", "segment", "detect"],
    classes: [CLASS],
    read: (list) => ({
      rows: isRsnaTable(list) ? parseRsnaTable(list) : parseRsnaList(list),
      leftOut: 0,
    }),
    pathsOf: ({ path }) => withoutRawForm(path),
    saying: ({ boxes }) => JSON.stringify(boxes),
    annotate: (row, picture) => annotate(row, picture, faults),
  };
}

function annotate({ boxes: listed }: RsnaRow, { size }: FoundPicture, faults: Mending): Annotation {
  if (size.width !== size.height) {
    throw new ManifestError(
      `the picture has ${size.width} x ${size.height} pixels, expected 1024 x 1024, which the boxes are of, or another square`,
    );
  }
  // The list's way of saying that there is none.
  const corners = listed.filter((box) => box.some((side) => side !== 0));
  if (corners.length === 0) return { labels: { [CLASS]: 0 }, boxes: [], repairs: {} };
  const useless = faults === "error" ? "error" : "drop";
  const { boxes, repairs } = boxesOfCorners(corners, {
    label: CLASS,
    size,
    listed: LISTED,
    useless,
  });
  // Something is there, but where is no longer known.
  if (boxes.length === 0) return { labels: { [CLASS]: 1 }, repairs };
  return { labels: { [CLASS]: 1 }, boxes, repairs };
}
