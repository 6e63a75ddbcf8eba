import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ManifestError } from "../../util/errors.ts";
import { epochOrder } from "../shuffle.ts";
import {
  assignSplits,
  groupKeys,
  type SplitAssignment,
  type SplitPlan,
  type SplittableRecord,
} from "./assign-splits.ts";

const PLAN: SplitPlan = {
  seed: 1,
  ratio: { train: 70, val: 10, test: 20 },
  fractions: [1, 10, 100],
  keep: [],
};
const CLASSES = 3;

/** Three films a patient; every tenth film shows class 0, every third class 1. */
function films(count: number): readonly SplittableRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `film-${i}`,
    patient: `p${Math.floor(i / 3)}`,
    positives: [...(i % 10 === 0 ? [0] : []), ...(i % 3 === 0 ? [1] : [])],
  }));
}

function assign(
  records: readonly SplittableRecord[],
  plan: Partial<SplitPlan> = {},
): readonly SplitAssignment[] {
  return assignSplits({ records, classes: CLASSES, plan: { ...PLAN, ...plan } });
}

function idsAt(
  records: readonly SplittableRecord[],
  assignments: readonly SplitAssignment[],
  fraction: number,
): readonly string[] {
  return records
    .filter((_, i) => (assignments[i]?.fraction ?? Number.POSITIVE_INFINITY) <= fraction)
    .map(({ id }) => id);
}

describe("assignSplits()", () => {
  test("puts all records of a patient into one split and one fraction, and everyone somewhere", () => {
    const record = fc.record({
      image: fc.option(fc.integer({ min: 0, max: 40 }).map(String), { nil: undefined }),
      patient: fc.option(fc.integer({ min: 0, max: 12 }).map(String), { nil: undefined }),
      positives: fc.uniqueArray(fc.integer({ min: 0, max: CLASSES - 1 })),
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 80 }), fc.nat(99), (drawn, seed) => {
        const records = drawn.map((one, i) => ({ id: `${i}`, ...one }));
        const assignments = assign(records, { seed });
        const keys = groupKeys(records);
        const seen = new Map<string, SplitAssignment>();
        for (const [i, one] of records.entries()) {
          const assignment = assignments[i] ?? assert.fail();
          assert.equal(assignment.split === "train", assignment.fraction !== undefined);
          assert.ok(assignment.split !== undefined);
          const first = seen.get(keys[i] ?? one.id) ?? assignment;
          seen.set(keys[i] ?? one.id, first);
          assert.deepEqual(assignment, first);
        }
        assert.ok(idsAt(records, assignments, 1).length > 0, "nobody at 1 %");
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test("does not depend on the order of the records", () => {
    const records = films(300);
    const byId = new Map(records.map(({ id }, i) => [id, assign(records)[i]]));
    for (const epoch of [0, 1]) {
      const order = epochOrder({ seed: 9, epoch, size: records.length });
      const shuffled = Array.from(order, (i) => records[i] ?? assert.fail());
      const again = assign(shuffled);
      for (const [i, { id }] of shuffled.entries()) assert.deepEqual(again[i], byId.get(id));
    }
  });

  test("nests the fractions, each near its percentage, with the classes' shares", () => {
    const records = films(3000);
    const assignments = assign(records);
    const [one, ten, all] = [1, 10, 100].map((f) => idsAt(records, assignments, f));
    assert.ok(one !== undefined && ten !== undefined && all !== undefined);
    assert.ok(one.every((id) => ten.includes(id)) && ten.every((id) => all.includes(id)));
    assert.deepEqual([one.length, ten.length, all.length], [21, 210, 2100]);
    const shows = (ids: readonly string[], every: number): number =>
      ids.filter((id) => Number(id.slice(5)) % every === 0).length;
    assert.equal(shows(all, 10), 210);
    assert.equal(shows(ten, 10), 21);
    assert.ok(Math.abs(shows(one, 10) - 2.1) <= 1);
  });

  test("changes with the seed", () => {
    const records = films(90);
    assert.notDeepEqual(assign(records), assign(records, { seed: 2 }));
  });

  test("takes records without a patient for patients of their own, whatever they are called", () => {
    const records = Array.from({ length: 40 }, (_, i) => ({
      id: `${i}`,
      // The patient "0" has four films; the record "0" is nobody's.
      patient: i >= 36 ? "0" : undefined,
      positives: [],
    }));
    const assignments = assign(records);
    const splits = new Set(assignments.slice(0, 36).map(({ split }) => split));
    assert.deepEqual([...splits].sort(), ["test", "train", "val"]);
    assert.equal(new Set(assignments.slice(36).map(({ split }) => split)).size, 1);
  });

  test("keeps records of one picture together where nobody says whose it is", () => {
    const records = Array.from({ length: 60 }, (_, i) => ({
      id: `${i}`,
      image: `${i % 30}.png`,
      // The patient of the first ten pictures stands in one of their two records.
      patient: i < 10 ? "p" : undefined,
      positives: [],
    }));
    const splits = assign(records).map(({ split }) => split);
    assert.deepEqual(splits.slice(0, 30), splits.slice(30));
    assert.equal(new Set(splits).size, 3);
    assert.equal(new Set(splits.slice(0, 10)).size, 1);
    const keys = groupKeys(records);
    assert.deepEqual(
      [keys[3], keys[33], keys[14], keys[44]],
      ["patient p", "patient p", "record 14", "record 14"],
    );
  });

  test("keeps a split exactly, and leaves out what else there is of its patients", () => {
    const records = films(300).map((film, i) => ({
      ...film,
      // Patients 0 … 9 have one film of three in the official test list.
      split: i < 30 && i % 3 === 0 ? ("test" as const) : ("train" as const),
    }));
    const assignments = assign(records, { keep: ["test"] });
    for (const [i, { split }] of assignments.entries()) {
      if (i < 30) assert.equal(split, i % 3 === 0 ? "test" : undefined);
      else assert.ok(split === "train" || split === "val");
    }
    // 270 films remain, dealt out 70 to 10.
    const val = assignments.filter(({ split }) => split === "val").length;
    assert.ok(Math.abs(val - 270 / 8) <= 3, `${val}`);
  });

  test("with val and test kept, trains on all the others", () => {
    const records = films(60).map((film, i) => {
      const split = i < 6 ? ("val" as const) : i < 15 ? ("test" as const) : undefined;
      return { ...film, split };
    });
    const splits = assign(records, { keep: ["val", "test"] }).map(({ split }) => split);
    assert.deepEqual(
      splits,
      records.map(({ split }) => split ?? "train"),
    );
  });

  test("refuses to leave nobody to train on", () => {
    const records = films(9).map((film) => ({ ...film, split: "test" as const }));
    assert.throws(
      () => assign(records, { keep: ["test"] }),
      (error: Error) => {
        assert.ok(error instanceof ManifestError);
        assert.match(error.message, /^Cannot split 9 records of 3 patients: no patient is left/);
        return true;
      },
    );
  });
});
