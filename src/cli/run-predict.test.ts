import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  GREY,
  HALVES,
  writeHalvesSegmenter,
  writeTwoBoxDetector,
} from "../../test/dense-models.ts";
import { decodeImage } from "../image/decode.ts";
import { encodePng } from "../image/encode.ts";
import { raster } from "../image/raster.ts";
import { decodeRunLengths, type RunStarts } from "../image/run-lengths.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { describeBoxes } from "./run-predict-dense.ts";
import { recordedTerminal } from "./terminal.ts";

const root = await mkdtemp(join(tmpdir(), "run-predict-"));
after(() => rm(root, { recursive: true, force: true }));
const at = (...names: string[]): string => join(root, ...names);
const [segmenter, detector] = [at("segmenter.safetensors"), at("detector.safetensors")];

/** Two pictures of one name, and one with a comma in it. */
const FILMS = [
  { name: "a/film.png", width: 16, height: 8 },
  { name: "b/film.png", width: 6, height: 10 },
  { name: "b/one, two.png", width: 1500, height: 1001 },
];

before(async () => {
  await writeHalvesSegmenter(segmenter, { leaks: true });
  await writeTwoBoxDetector(detector);
  for (const { name, width, height } of FILMS) {
    await mkdir(at("films", name, ".."), { recursive: true });
    const data = new Uint8Array(width * height).fill(GREY);
    await writeFile(
      at("films", name),
      await encodePng(raster({ width, height, channels: 1, data })),
    );
  }
  await mkdir(at("damaged"));
  await writeFile(at("damaged", "text.png"), "not a picture");
});

async function call(words: readonly string[], { stopAfter = Infinity } = {}) {
  const terminal = recordedTerminal();
  const controller = new AbortController();
  let lines = 0;
  const watched = {
    ...terminal,
    out: (text: string) => {
      terminal.out(text);
      if (++lines >= stopAfter) controller.abort();
    },
  };
  const status = await runCli({
    ...{ words: ["predict", ...words, "--threads", "1"], commands: COMMANDS, version: "0.0.0" },
    ...{ terminal: watched, signal: controller.signal },
  });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

const parsed = async <T>(...names: string[]): Promise<T> =>
  JSON.parse(await readFile(at(...names), "utf8"));

/** The rows of a list of masks; nothing in them is quoted but names with a comma. */
async function readRows(out: string) {
  const [header, ...lines] = (await readFile(at(out, "masks.csv"), "utf8")).trimEnd().split("\n");
  assert.equal(header, "image,class,width,height,pixels,rle");
  return lines.map((line) => {
    const cells = /^("[^"]*"|[^,]*),([^,]*),(\d+),(\d+),(\d+),([^,]*)$/.exec(line);
    assert.ok(cells !== null, line);
    const [, image = "", label = "", width = "", height = "", pixels = "", rle = ""] = cells;
    const name = image.replaceAll('"', "");
    return { name, label, width: +width, height: +height, pixels: +pixels, rle };
  });
}

describe("ecamp predict with a segmenter", () => {
  test("writes masks, run lengths of the same pixels, and drawings, for pictures of one name too", async () => {
    for (const starts of ["relative", "absolute"] as const satisfies readonly RunStarts[]) {
      const given = [segmenter, at("films"), "--out", at(starts), "--rle", starts];
      const { status, out, err } = await call(given);
      assert.equal(status, 0, err);
      assert.match(err, /^LEAK: /);
      assert.match(out, /a\/film\.png {2}Left half 64 px {2}upper\/half 64 px\n/);
      assert.match(out, /one, two\.png {2}Left half 750,750 px/);
      const rows = await readRows(starts);
      assert.deepEqual(
        rows.map(({ name, label, width, height }) => ({ name, label, width, height })),
        FILMS.flatMap((film) => HALVES.map((label) => ({ ...film, label }))),
      );
      for (const { name, label, width, height, pixels, rle } of rows) {
        const word = label === HALVES[0] ? "Left-half" : "upper-half";
        const png = await decodeImage(at(starts, "masks", `${name}.${word}.png`));
        const { mask } = decodeRunLengths([rle], { width, height, starts });
        assert.equal(png.channels, 1);
        assert.deepEqual(
          png.data,
          mask.data.map((pixel) => 255 * pixel),
        );
        assert.equal(mask.data.filter((pixel) => pixel === 1).length, pixels);
      }
      const drawn = await decodeImage(at(starts, "overlays", "b/one, two.png.png"));
      assert.deepEqual([drawn.width, drawn.channels], [1024, 3]);
      assert.equal((await stat(at(starts, "masks.csv"))).mode & 0o777, 0o600);
    }
  });

  test("prints an object a line, draws nothing, and takes a threshold, where that is asked", async () => {
    const given = [segmenter, at("films", "a"), "--out", at("json"), "--json", "--no-overlays"];
    const { out } = await call([...given, "--threshold", "1"]);
    const nothing = { pixels: 0, mask: "masks/film.png.Left-half.png" };
    assert.deepEqual(JSON.parse(out), {
      ...{ file: at("films", "a", "film.png"), image: "film.png", width: 16, height: 8 },
      masks: {
        "Left half": nothing,
        "upper/half": { pixels: 0, mask: "masks/film.png.upper-half.png" },
      },
      leaks: true,
    });
    assert.deepEqual((await readdir(at("json"))).toSorted(), [
      "masks",
      "masks.csv",
      "written.jsonl",
    ]);
    assert.deepEqual(
      (await readRows("json")).map(({ rle }) => rle),
      ["-1", "-1"],
    );
  });

  test("names a file that it cannot read, and writes the others", async () => {
    const { status, out, err } = await call([
      ...[segmenter, at("damaged"), at("films", "a"), "--out", at("partly")],
    ]);
    assert.equal(status, 1);
    assert.match(out, /text\.png {2}Cannot .*found text/);
    assert.match(err, /1 of 2 files could not be read/);
    assert.deepEqual(
      (await readRows("partly")).map(({ name }) => name),
      ["films/a/film.png", "films/a/film.png"],
    );
  });

  test("names a file whose masks would have too long a name, and writes the others", async () => {
    const film = await readFile(at("films", "a", "film.png"));
    const long = `${"f".repeat(250)}.png`;
    await mkdir(at("long"));
    for (const name of [long, "g.png"]) await writeFile(at("long", name), film);
    for (const [model, out] of [
      [segmenter, "long-masks"],
      [detector, "long-boxes"],
    ] as const) {
      const { status, out: said, err } = await call([model, at("long"), "--out", at(out)]);
      assert.equal(status, 1);
      assert.match(said, /f\.png {2}Cannot write ".*f{250}\.png.*": the name is longer than/);
      assert.match(err, /^1 of 2 files have too long a name$/m);
      assert.deepEqual(await readdir(at(out, "overlays")), ["g.png.png"]);
    }
    assert.deepEqual(
      new Set((await readRows("long-masks")).map(({ name }) => name)),
      new Set(["g.png"]),
    );
    const [unwritten] = await parsed<{ error?: string }[]>("long-boxes", "detections.json");
    assert.match(unwritten?.error ?? "", /the name is longer/);
  });

  test("lists what was done when it is stopped", async () => {
    const given = [segmenter, at("films"), "--out", at("stopped")];
    const { status, err } = await call(given, { stopAfter: 1 });
    assert.equal(status, 1);
    assert.match(err, /What was made of 1 of 3 files stands in ".*stopped"\n/);
    assert.match(err, /Stopped before the end, as asked/);
    assert.deepEqual(
      (await readRows("stopped")).map(({ name }) => name),
      ["a/film.png", "a/film.png"],
    );
    assert.deepEqual(await readdir(at("stopped", "masks")), ["a"]);
  });

  test("replaces an earlier prediction with --overwrite only, and nothing else", async () => {
    const given = (films: string) => [segmenter, at("films", films), "--out", at("twice")];
    assert.equal((await call(given("b"))).status, 0);
    const refused = await call(given("a"));
    assert.equal(refused.status, 1);
    assert.match(refused.err, /it is not empty/);
    assert.equal((await call([...given("a"), "--overwrite"])).status, 0);
    assert.deepEqual(await readdir(at("twice", "overlays")), ["film.png.png"]);
    const other = await call([detector, at("films"), "--out", at("twice"), "--overwrite"]);
    assert.match(other.err, /it holds "masks/);
    const within = await call([segmenter, at("films"), "--out", at("films", "out")]);
    assert.deepEqual([within.status, within.out], [2, ""]);
  });
});

describe("ecamp predict with a detector", () => {
  interface Listed {
    readonly file: string;
    readonly error?: string;
    readonly boxes?: readonly { readonly label: string }[];
  }
  interface Coco {
    readonly images: readonly { readonly id: number; readonly file_name: string }[];
    readonly categories: readonly { readonly id: number; readonly name: string }[];
    readonly annotations: readonly {
      readonly image_id: number;
      readonly category_id: number;
      readonly bbox: readonly number[];
      readonly score: number;
    }[];
  }

  test("writes boxes as a list and in COCO's form, with the reason of a file that it cannot read", async () => {
    const { status, out } = await call([
      ...[detector, at("damaged"), at("films", "a"), "--out", at("boxes")],
      ...["--min-objectness", "0.2"],
    ]);
    assert.equal(status, 1);
    assert.match(
      out,
      /film\.png {2}mass, objectness 0\.90, 4 x 2 at 2, 1; nodule, objectness 0\.30, 8 x 2 at 8, 3\n/,
    );
    const list = await parsed<Listed[]>("boxes", "detections.json");
    assert.deepEqual(
      list.map(({ file, boxes }) => [file, boxes?.map(({ label }) => label)]),
      [
        ["damaged/text.png", undefined],
        ["films/a/film.png", ["mass", "nodule"]],
      ],
    );
    assert.match(list[0]?.error ?? "", /found text/);
    const coco = await parsed<Coco>("boxes", "detections.coco.json");
    assert.deepEqual(coco.images, [{ id: 1, file_name: "films/a/film.png", width: 16, height: 8 }]);
    assert.deepEqual(
      coco.categories.map(({ name }) => name),
      ["nodule", "mass"],
    );
    const [mass] = coco.annotations;
    assert.deepEqual([mass?.image_id, mass?.category_id], [1, 2]);
    const expected = [2, 1, 4, 2];
    for (const [i, number] of (mass?.bbox ?? []).entries()) {
      assert.ok(Math.abs(number - (expected[i] ?? 0)) < 1e-4, `${mass?.bbox}`);
    }
    assert.deepEqual(await readdir(at("boxes", "overlays", "films/a")), ["film.png.png"]);
  });

  test("says when it finds nothing, and prints an object a line where that is asked", async () => {
    const given = [detector, at("films", "a"), "--out", at("none"), "--min-objectness", "0.99"];
    assert.match((await call(given)).out, /film\.png {2}nothing found\n$/);
    const { out } = await call([...given, "--json", "--overwrite"]);
    const { boxes, leaks, overlay } = JSON.parse(out);
    assert.deepEqual([boxes, leaks, overlay], [[], false, "overlays/film.png.png"]);
  });
});

test("describeBoxes() names the surest few, and how many more there are", () => {
  const box = { label: "mass", score: 0.9, probability: 1, x: 0.6, y: 1.4, width: 3, height: 2 };
  const shown = (count: number) =>
    describeBoxes({ boxes: Array.from({ length: count }, () => box) });
  assert.match(shown(5), /^(?:mass, objectness 0\.90, 3 x 2 at 1, 1(?:; )?){5}$/);
  assert.match(shown(7), /; and 2 more$/);
});

describe("ecamp predict", () => {
  test("refuses options that mean nothing to the model, and does without none that it needs", async () => {
    const film = at("films", "a", "film.png");
    const missing = await call([segmenter, film]);
    assert.equal(missing.status, 2);
    assert.match(
      missing.err,
      /without --out DIR: ".*" is a segmenter, whose predictions are files/,
    );
    const wrong = await call([detector, film, "--out", at("x"), "--threshold", "0.4"]);
    assert.equal(wrong.status, 2);
    assert.match(wrong.err, /is a detector, and --threshold is for a segmenter\n/);
    const other = await call([segmenter, film, "--out", at("x"), "--min-objectness", "0.4"]);
    assert.match(other.err, /--min-objectness is for a detector\n/);
    await assert.rejects(stat(at("x")));
  });

  test("says what a file is that is no such model", async () => {
    const encoder = at("encoder.safetensors");
    await writeSafetensors(encoder, [], { metadata: { format: "ecamp-pretrain-1" } });
    const { status, err } = await call([encoder, at("films")]);
    assert.equal(status, 1);
    assert.match(err, /its header says "ecamp-pretrain-1", expected one of "ecamp-classifier-1", /);
    assert.match(err, /a run of one of "ecamp finetune classify", /);
  });
});
