import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { allRecords, writeAnnotatedSet } from "../../test/annotated-set.ts";
import { importAnnotations } from "./import-annotations.ts";
import { rsnaPneumonia } from "./sources/rsna-pneumonia.ts";
import { siimPneumothorax } from "./sources/siim-pneumothorax.ts";

const root = await mkdtemp(join(tmpdir(), "import-annotations-"));
after(() => rm(root, { recursive: true, force: true }));

const HEADER = "image_path,bbox\n";
const NONE = '"[[0, 0, 0, 0]]"';
const pictures = { "1_a.png": [8, 8], "1_b.png": [8, 8] } as const;

describe("importAnnotations()", () => {
  test("a picture in two lists has a record and a mask in each", async () => {
    const lists = {
      train: "ImageId,EncodedPixels\n1_a,5 2\n",
      test: "ImageId,EncodedPixels\n1_a,5 2\n1_b,-1\n",
    };
    const sizes = { "1_a.png": [1024, 1024], "1_b.png": [1024, 1024] } as const;
    const set = await writeAnnotatedSet(root, { pictures: sizes, lists });
    const summary = await importAnnotations(siimPneumothorax(), {
      ...set,
      patientPattern: "^(\\d)_",
    });
    assert.deepEqual([summary.inSeveralLists, summary.patients, summary.masks], [1, 1, 2]);
    const found = (await allRecords(set.out)).map(({ id, split, masks }) => [
      id,
      split,
      masks?.["Pneumothorax"],
    ]);
    assert.deepEqual(found, [
      ["1_a.png", "train", "Pneumothorax/train/1_a.png"],
      ["1_a.png (test)", "test", "Pneumothorax/test/1_a.png"],
      ["1_b.png", "test", undefined],
    ]);
  });

  test("repeated lines are left out, contradictions refused", async () => {
    const train = `${HEADER}1_a.png,${NONE}\n./1_a.png,${NONE}\n`;
    const set = await writeAnnotatedSet(root, { pictures, lists: { train } });
    const { imported, repeated } = await importAnnotations(rsnaPneumonia(), set);
    assert.deepEqual([imported.train, repeated], [1, 1]);
    const other = await writeAnnotatedSet(root, {
      pictures,
      lists: { train: `${HEADER}1_a.png,${NONE}\n1_a.png,"[[1, 2, 3, 4]]"\n` },
    });
    await assert.rejects(
      importAnnotations(rsnaPneumonia(), other),
      /train\.csv" line 3: line 2 says something else of the picture$/,
    );
  });

  test("pictures that are not there are an error, or skipped and counted", async () => {
    const train = `${HEADER}1_a.png,${NONE}\nno.png,${NONE}\n`;
    const set = await writeAnnotatedSet(root, { pictures, lists: { train } });
    await assert.rejects(
      importAnnotations(rsnaPneumonia(), set),
      /line 3: its picture is not in ".*pictures": there is no file "no\.png"(?:, "[^"]+")*; correct/,
    );
    const { imported, missingImage } = await importAnnotations(rsnaPneumonia(), {
      ...set,
      onMissingImage: "skip",
    });
    assert.deepEqual([imported.train, missingImage], [1, 1]);
    const outside = await writeAnnotatedSet(root, {
      pictures,
      lists: { train: `${HEADER}../x.png,${NONE}\n` },
    });
    await assert.rejects(
      importAnnotations(rsnaPneumonia(), outside),
      /line 2: its path is "\.\.\/x\.png", expected one inside/,
    );
  });

  test("a picture that cannot be read is named with its line, and nothing is left behind", async () => {
    const train = `${HEADER}1_a.png,${NONE}\n1_b.png,${NONE}\n`;
    const set = await writeAnnotatedSet(root, { pictures, lists: { train } });
    await writeFile(join(set.imageRoot, "1_b.png"), "not a picture");
    await assert.rejects(importAnnotations(rsnaPneumonia(), set), {
      name: "ManifestError",
      message: /line 3: "1_b\.png": Cannot decode picture .*: found text, expected a JPEG or PNG/,
    });
    assert.deepEqual((await readdir(join(set.out, ".."))).sort(), ["pictures", "train.csv"]);
  });

  test("a private set hides ids, and its masks are its owner's alone", async () => {
    const lists = { train: "ImageId,EncodedPixels\n1_a,5 2\n" };
    const set = await writeAnnotatedSet(root, { pictures: { "1_a.png": [1024, 1024] }, lists });
    const hidden = {
      ...set,
      privacy: "private",
      idKeyFile: join(root, "key"),
      patientPattern: "^\\d",
    } as const;
    await importAnnotations(siimPneumothorax(), hidden);
    const [record = assert.fail()] = await allRecords(set.out);
    assert.match(record.id, /^[0-9a-f]{32}$/);
    assert.match(record.patient ?? "", /^[0-9a-f]{32}$/);
    const mask = join(set.out, "masks", record.masks?.["Pneumothorax"] ?? "");
    assert.equal((await stat(mask)).mode & 0o077, 0);
    assert.equal((await stat(join(set.out, "masks"))).mode & 0o077, 0);
    assert.ok((await readFile(mask)).length > 0);
    const keyless = { ...set, privacy: "private" } as const;
    await assert.rejects(
      importAnnotations(siimPneumothorax(), keyless),
      /no key file for pseudonyms is named/,
    );
  });

  test("refuses a list of another form, and stops when told to", async () => {
    const set = await writeAnnotatedSet(root, { pictures, lists: { train: "1_a.png 0 1\n" } });
    await assert.rejects(importAnnotations(rsnaPneumonia(), set), /train\.csv".*image_path/);
    await assert.rejects(
      importAnnotations(rsnaPneumonia(), { ...set, lists: {} }),
      /none is given/,
    );
    await writeFile(join(set.imageRoot, "..", "train.csv"), HEADER);
    await appendFile(join(set.imageRoot, "..", "train.csv"), `1_a.png,${NONE}\n`);
    const signal = AbortSignal.abort(new RangeError("enough"));
    await assert.rejects(
      importAnnotations(rsnaPneumonia(), { ...set, signal }),
      new RangeError("enough"),
    );
  });
});
