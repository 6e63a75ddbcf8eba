import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { ManifestError } from "../util/errors.ts";
import type { DatasetRecord } from "./record.ts";
import { imagePathFault, parseContext, parseManifest, parseRecord, parseWindow } from "./record.ts";

const attempt = 'read "records.jsonl" line 812';

function messageOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    assert.ok(error instanceof ManifestError);
    return error.message;
  }
  assert.fail("nothing was thrown");
}

describe("parseRecord()", () => {
  test("takes a record with every key", () => {
    const record: DatasetRecord = {
      id: "a",
      image: "set/a.png",
      split: "val",
      patient: "p",
      view: "PA",
      report: "clear.",
      labels: { Edema: -1, Mass: 0, Nodule: 1 },
      class: "healthy",
      masks: { lung: "masks/a.png" },
      boxes: [{ label: "Mass", x: 0.5, y: 0, width: 3, height: 4 }],
      meta: { age: 71, nested: [null] },
    };
    assert.deepEqual(parseRecord(record, attempt), record);
  });

  const faults: readonly (readonly [value: unknown, message: string])[] = [
    [{}, "id is missing, expected a string"],
    [{ id: "" }, 'id is "", expected some text'],
    [{ id: "a\nb", image: "a" }, 'id is "a\\nb", expected no control characters'],
    [
      { id: "a", image: "a", split: "training" },
      'split is "training", expected one of train, val, test',
    ],
    [{ id: "a", image: "a", split: null }, "split is null, expected one of train, val, test"],
    [{ id: "a", image: "a", labels: { Edema: 2 } }, "labels.Edema is 2, expected one of 1, 0, -1"],
    [{ id: "a", image: "a", reprot: "x" }, 'unknown key "reprot", did you mean "report"?'],
    [{ id: "a", image: "a", view: ["PA"] }, "view is a list of 1, expected a string"],
    [
      { id: "a", image: "a", boxes: [{ label: "m", x: 0, y: 0, width: 0, height: 1 }] },
      "boxes.0.width is 0, expected more than 0",
    ],
    [
      { id: "a", image: "a", boxes: [{ label: "m", x: 0, y: 0, w: 1, h: 1 }] },
      "boxes.0.width is missing, expected a number; boxes.0.height is missing, expected a number",
    ],
    [
      { id: "a", image: "/etc/passwd" },
      'image is "/etc/passwd", expected a path relative to the image root',
    ],
    [
      { id: "a", masks: { m: "a/../../b" } },
      'masks.m is "a/../../b", expected a path without ".."',
    ],
    [{ id: "a" }, "it is an object, expected an image or a report"],
    [[], "it is a list of 0, expected an object"],
  ];
  for (const [value, message] of faults) {
    test(`says ${message}`, () => {
      assert.equal(
        messageOf(() => parseRecord(value, attempt)),
        `Cannot read "records.jsonl" line 812: ${message}`,
      );
    });
  }

  test("never quotes text that may be a report, in whichever field it stands", () => {
    const report = "The heart is enlarged with a small effusion";
    for (const value of [
      { id: "a", image: "a", split: report },
      { id: "a", image: "a", [report]: 1 },
      { id: "a", image: `../${report}` },
      { id: "a", image: "a", meta: "effusion" },
      { id: "a", report: [report] },
    ]) {
      assert.doesNotMatch(
        messageOf(() => parseRecord(value, attempt)),
        /effusion/,
      );
    }
  });
});

describe("imagePathFault()", () => {
  test("refuses paths that leave the image root", () => {
    for (const path of ["", "/a", "\\a", "C:\\a", "c:/a", "..", "a/..", "a\\..\\b", "a\0b"]) {
      assert.notEqual(imagePathFault(path), undefined, path);
    }
    for (const path of ["a", "a/b.png", "a..b/c", "...", "a b/ü.jpg"]) {
      assert.equal(imagePathFault(path), undefined, path);
    }
  });
});

describe("parseManifest()", () => {
  const manifest = {
    format: 1,
    name: "n",
    licence: "",
    privacy: "private",
    imageRoot: "/data",
    task: ["pretrain", "classify"],
    classes: ["Edema"],
    normalization: { mean: 0.4721, std: 0.3037 },
    bitDepth: 12,
    importer: "table",
    created: "2026-01-02T03:04:05+01:00",
  };

  test("takes a manifest with every key", () => {
    assert.deepEqual(parseManifest(manifest, attempt), manifest);
  });

  test("takes the one that the guide writes by hand", async () => {
    const guide = new URL("../../docs/how-to/masks-and-boxes.md", import.meta.url);
    const [, written = ""] = /```json\n([\s\S]*?)```/.exec(await readFile(guide, "utf8")) ?? [];
    const { maskRoot, ...required } = JSON.parse(written);
    assert.equal(maskRoot, "masks");
    assert.equal(parseManifest(required, attempt).importer, "by hand");
    for (const key of Object.keys(required)) {
      const { [key]: _, ...rest } = required;
      assert.match(
        messageOf(() => parseManifest(rest, attempt)),
        new RegExp(`: ${key} is missing`),
      );
    }
  });

  test("names every key that is missing, in one message", () => {
    const { imageRoot, created, task, ...rest } = manifest;
    assert.equal(
      messageOf(() => parseManifest({ ...rest, normalization: {} }, attempt)),
      `Cannot ${attempt}: imageRoot is missing, expected a string; task is missing, expected a list; created is missing, expected a date and time of ISO 8601`,
    );
    assert.match(
      messageOf(() => parseManifest({ ...manifest, normalization: {} }, attempt)),
      /: normalization\.mean is missing, expected a number; normalization\.std is missing, expected a number$/,
    );
    assert.match(
      messageOf(() => parseManifest({ ...rest, name: 3 }, attempt)),
      /: name is 3, expected a string$/,
    );
  });

  test("refuses an unknown task, privacy and key", () => {
    for (const [change, message] of [
      [{ task: ["sleep"] }, /task\.0 is "sleep", expected one of pretrain/],
      [{ privacy: "secret" }, /privacy is "secret", expected one of public, private$/],
      [{ clases: [] }, /unknown key "clases", did you mean "classes"\?$/],
      [{ bitDepth: 17 }, /bitDepth is 17, expected at most 16$/],
      [{ normalization: { mean: 0, std: 0 } }, /normalization.std is 0, expected more than 0$/],
    ] as const) {
      assert.match(
        messageOf(() => parseManifest({ ...manifest, ...change }, attempt)),
        message,
      );
    }
  });
});

describe("parseContext() and parseWindow()", () => {
  test("keep what a provider adds", () => {
    const context = { id: "a", context: "", findings: [], provider: "rules" };
    assert.deepEqual(parseContext(context, attempt), context);
    const window = { id: "a", row: 2, column: 0, mass: 0.4 };
    assert.deepEqual(parseWindow(window, attempt), window);
  });

  test("refuse what is missing or out of range", () => {
    assert.match(
      messageOf(() => parseContext({ id: "a" }, attempt)),
      /context is missing/,
    );
    assert.match(
      messageOf(() => parseWindow({ id: "a", row: 3, column: 0 }, attempt)),
      /row is 3, expected one of 0, 1, 2$/,
    );
  });
});
