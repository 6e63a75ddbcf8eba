/** @file Replays the `lists` fixture: list files of every published form, as their programs hold them after reading. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseLabelList } from "../../data/lists/label-list.ts";
import type { ListText } from "../../data/lists/list-text.ts";
import { parseRigaList } from "../../data/lists/riga-list.ts";
import { detectionRows, parseRsnaList } from "../../data/lists/rsna-list.ts";
import { drawSiimTraining, parseSiimList, type SiimImage } from "../../data/lists/siim-list.ts";
import { parseWith } from "../../data/schema-error.ts";
import { ManifestError } from "../../util/errors.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { compareExactly } from "../tolerance.ts";

const fixtureSchema = z.object({
  config: z.object({ root: z.string() }),
  expect: z.object({ parsed: z.record(z.string(), z.unknown()) }),
  tolerance: z.object({ rule: z.literal("exact") }),
});

const labelsSchema = z.array(z.object({ path: z.string(), labels: z.array(z.int()) }));
const siimSchema = z.array(
  z.object({ id: z.string(), path: z.string(), rle: z.array(z.string()) }),
);
const drawSchema = z.object({
  draw: z.array(z.object({ from: z.array(z.string()), size: z.int(), replace: z.literal(false) })),
  items: siimSchema,
});
const rigaSchema = z.array(z.object({ image: z.string(), mask: z.string() }));
const segmentationSchema = z.array(z.object({ path: z.string(), bbox: z.string() }));
const detectionSchema = z.array(
  z.object({ path: z.string(), rowsOf5: z.array(z.array(z.number()).length(5)) }),
);

/** A list file, and what its program made of it. */
interface Case {
  /** The file, relative to the fixture's folder; for lists that are read in two ways followed by which. */
  readonly name: string;
  readonly list: ListText;
  readonly recorded: unknown;
  /** The path that stands for the folder of the pictures. */
  readonly root: string;
}

/** Reads every list of the fixture. */
export const replayLists: Replay = async (fixture) => {
  const { config, expect } = fixtureFields(fixture, fixtureSchema);
  const findings: Finding[] = [];
  for (const [name, recorded] of Object.entries(expect.parsed)) {
    const list = await readList(fixture, name);
    findings.push(...replayCase({ name, list, recorded, root: config.root }));
  }
  return findings;
};

async function readList({ directory }: Fixture, name: string): Promise<ListText> {
  const source = join(directory, name.replace(/ \(\w+\)$/, ""));
  return { source, text: await readFile(source, "utf8") };
}

function replayCase(one: Case): readonly Finding[] {
  const [form = ""] = one.name.split(/[-/]/, 1);
  switch (form) {
    case "classification":
      return labelFindings(one);
    case "siim":
      return Array.isArray(one.recorded) ? siimFindings(one) : drawFindings(one);
    case "rsna":
      return one.name.endsWith("(detection)") ? detectionFindings(one) : segmentationFindings(one);
    case "riga":
      return rigaFindings(one);
    default:
      throw new ManifestError(
        `Cannot replay list "${one.name}": its folder says no form, expected one of classification…, siim, rsna, riga`,
      );
  }
}

function recordedOf<T>({ name, recorded }: Case, schema: z.ZodType<T>): T {
  return parseWith(schema, recorded, { attempt: `read what is recorded of "${name}"`, keys: [] });
}

/** Row by row, everything that a row says. */
function sameRows(name: string, got: readonly unknown[], expected: readonly unknown[]): Finding {
  const texts = (rows: readonly unknown[]): readonly string[] =>
    rows.map((row) => JSON.stringify(row));
  return compareExactly({ name, got: texts(got), expected: texts(expected) });
}

function labelFindings(one: Case): readonly Finding[] {
  const got = parseLabelList(one.list).map(({ path, labels }) => [`${one.root}/${path}`, labels]);
  const expected = recordedOf(one, labelsSchema).map(({ path, labels }) => [path, labels]);
  return [sameRows(one.name, got, expected)];
}

type SiimItem = z.infer<typeof siimSchema>[number];

function sameSiim(
  { name, root }: Case,
  images: readonly SiimImage[],
  items: readonly SiimItem[],
): Finding {
  return sameRows(
    name,
    images.map(({ id, path, codes }) => [id, `${root}/${path}`, codes]),
    items.map(({ id, path, rle }) => [id, path, rle]),
  );
}

function siimFindings(one: Case): readonly Finding[] {
  return [sameSiim(one, parseSiimList(one.list), recordedOf(one, siimSchema))];
}

/** Gives the recorded ids in another order than the list's: that order must not show in what is chosen. */
function drawFindings(one: Case): readonly Finding[] {
  const { draw, items } = recordedOf(one, drawSchema);
  const drawn = items.filter(({ rle }) => rle[0] === "-1").map(({ id }) => id);
  const asked: unknown[] = [];
  const images = drawSiimTraining(parseSiimList(one.list), (from, size) => {
    asked.push([from, size]);
    return drawn.toReversed();
  });
  const expected = draw.map(({ from, size }) => [from, size]);
  return [sameSiim(one, images, items), sameRows(`${one.name} (draw)`, asked, expected)];
}

function segmentationFindings(one: Case): readonly Finding[] {
  const rows = parseRsnaList(one.list);
  const recorded = recordedOf(one, segmentationSchema);
  return [
    sameRows(
      one.name,
      rows.map(({ path, bbox }) => [path, bbox]),
      recorded.map(({ path, bbox }) => [path, bbox]),
    ),
    sameRows(
      `${one.name} (boxes)`,
      rows.map(({ boxes }) => boxes),
      recorded.map(({ bbox }): unknown => JSON.parse(bbox)),
    ),
  ];
}

function detectionFindings(one: Case): readonly Finding[] {
  const got = parseRsnaList(one.list).map((row) => [row.path, detectionRows(row, one.list)]);
  const expected = recordedOf(one, detectionSchema).map(({ path, rowsOf5 }) => [path, rowsOf5]);
  return [sameRows(one.name, got, expected)];
}

function rigaFindings(one: Case): readonly Finding[] {
  const got = parseRigaList(one.list).map(({ image, mask }) => [image, mask]);
  const expected = recordedOf(one, rigaSchema).map(({ image, mask }) => [image, mask]);
  return [sameRows(one.name, got, expected)];
}
