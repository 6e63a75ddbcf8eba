/** @file object-CXR: lists `image_name,annotation` of foreign objects on chest films, in pixels of each film (SPEC 4.3). */
import { boxesOfCorners } from "../boxes-of-corners.ts";
import { type ObjectCxrRow, parseObjectCxrList } from "../lists/object-cxr-list.ts";
import type { Annotation, AnnotationSource, FoundPicture, Mending } from "./annotation-source.ts";

/** How object-CXR's lists are taken. */
export interface ObjectCxrOptions {
  /** Boxes without area in the picture; `error` by default. */
  readonly faults?: Mending;
}

const CLASS = "Foreign object";

/** The set as an importer takes it. */
export function objectCxr({
  faults = "error",
}: ObjectCxrOptions = {}): AnnotationSource<ObjectCxrRow> {
  return {
    name: "object-cxr",
    task: ["classify", "detect"],
    classes: [CLASS],
    read: (list) => ({ rows: parseObjectCxrList(list), leftOut: 0 }),
    pathsOf: ({ path }) => [path],
    saying: ({ shapes }) => JSON.stringify(shapes),
    annotate: (row, picture) => annotate(row, picture, faults),
  };
}

function annotate({ shapes }: ObjectCxrRow, { size }: FoundPicture, faults: Mending): Annotation {
  if (shapes.length === 0) return { labels: { [CLASS]: 0 }, boxes: [], repairs: {} };
  const { boxes, repairs } = boxesOfCorners(
    shapes.map(({ corners }) => corners),
    { label: CLASS, size, useless: faults === "error" ? "error" : "drop" },
  );
  const outlines = shapes.map(({ kind, points }) => ({ kind, points }));
  const said = { labels: { [CLASS]: 1 }, meta: { shapes: outlines }, repairs } as const;
  return boxes.length === 0 ? said : { ...said, boxes };
}
