import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { allRecords, writeAnnotatedSet } from "../../../test/annotated-set.ts";
import { importAnnotations } from "../import-annotations.ts";
import { parseObjectCxrList } from "../lists/object-cxr-list.ts";
import { objectCxr } from "./object-cxr.ts";

const root = await mkdtemp(join(tmpdir(), "object-cxr-"));
after(() => rm(root, { recursive: true, force: true }));

const parse = (annotation: string) =>
  parseObjectCxrList({ source: "dev.csv", text: `image_name,annotation\n1.jpg,${annotation}\n` });

test("parseObjectCxrList() reads the three kinds of shapes, and none", () => {
  assert.deepEqual(parse("0 1 2 3 4;1 5.5 6 7 8; 2 9 1 4 4 8 7 ;"), [
    {
      ...{ line: 2, path: "1.jpg" },
      shapes: [
        { kind: "rectangle", points: [1, 2, 3, 4], corners: [1, 2, 3, 4] },
        { kind: "ellipse", points: [5.5, 6, 7, 8], corners: [5.5, 6, 7, 8] },
        { kind: "polygon", points: [9, 1, 4, 4, 8, 7], corners: [4, 1, 9, 7] },
      ],
    },
  ]);
  assert.deepEqual(parse("")[0]?.shapes, []);
  const described = "image_path,annotation\n/x/1.jpg,\n";
  assert.equal(parseObjectCxrList({ source: "dev.csv", text: described })[0]?.path, "/x/1.jpg");
});

test("parseObjectCxrList() names the line and the object that it cannot read", () => {
  for (const [annotation, message] of [
    [
      "0 1 2 3 4;3 1 2 3 4",
      /^Cannot read "dev\.csv" line 2: its object 2 is of an unknown kind, expected 0/,
    ],
    ["0 1 2 3", /its object 1 is a rectangle of 3 coordinates, expected x1 y1 x2 y2$/],
    ["2 1 2 3 4", /is a polygon of 4 coordinates, expected pairs of x and y, three or more$/],
    ["2 1 2 3 4 5 6 7", /is a polygon of 7 coordinates/],
    ["1 1 2 x 4", /its object 1 has a coordinate that is no number$/],
  ] as const) {
    assert.throws(() => parse(annotation), { name: "ManifestError", message });
  }
});

describe("importAnnotations() of object-CXR", () => {
  test("boxes around the shapes, which are kept as they are", async () => {
    const train = "image_name,annotation\n1.jpg,1 10 20 30 50;2 90 1 40 4 80 7\n2.jpg,\n";
    const pictures = { "1.jpg": [80, 60], "2.jpg": [50, 50] } as const;
    const set = await writeAnnotatedSet(root, { pictures, lists: { train } });
    const summary = await importAnnotations(objectCxr(), set);
    assert.deepEqual(summary.repairs, { "cut-box": 1 });
    const label = "Foreign object";
    assert.deepEqual(await allRecords(set.out), [
      {
        ...{ id: "1.jpg", image: "1.jpg", split: "train", labels: { [label]: 1 } },
        boxes: [
          { label, x: 10, y: 20, width: 20, height: 30 },
          { label, x: 40, y: 1, width: 40, height: 6 },
        ],
        meta: {
          shapes: [
            { kind: "ellipse", points: [10, 20, 30, 50] },
            { kind: "polygon", points: [90, 1, 40, 4, 80, 7] },
          ],
        },
      },
      { id: "2.jpg", image: "2.jpg", split: "train", labels: { [label]: 0 }, boxes: [] },
    ]);
  });
});
