import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ManifestError } from "../util/errors.ts";
import type { ReplayTable } from "./kinds/index.ts";
import type { Finding, Replay, ReplayOptions } from "./replay.ts";
import { type FixtureResult, type VerifyOptions, verifyFixtures } from "./verify.ts";

const OPTIONS: VerifyOptions = { device: "cpu", threads: 1 };

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "verify-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function fixtureOf(kind: string): Promise<string> {
  const directory = await mkdtemp(join(root, `${kind}-`));
  await writeFile(join(directory, "fixture.json"), JSON.stringify({ kind }));
  return directory;
}

const finding = (error: number, tolerance: number): Finding => ({ name: "x", error, tolerance });

/** A table of replays that give these findings, or throw. */
function tableOf(kinds: Readonly<Record<string, readonly Finding[] | Error>>): ReplayTable {
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, found]) => {
      const replay: Replay = async () => {
        if (found instanceof Error) throw found;
        return found;
      };
      return [kind, async () => replay];
    }),
  );
}

async function verifyKinds(
  kinds: Readonly<Record<string, readonly Finding[] | Error>>,
  options: Partial<VerifyOptions> = {},
): Promise<readonly FixtureResult[]> {
  const directories: string[] = [];
  for (const kind of Object.keys(kinds)) directories.push(await fixtureOf(kind));
  const results: FixtureResult[] = [];
  const verifying = verifyFixtures(directories, { ...OPTIONS, ...options }, tableOf(kinds));
  for await (const result of verifying) results.push(result);
  return results;
}

describe("verifyFixtures()", () => {
  test("passes an error up to the figure × slack, 4 by default", async () => {
    const kinds = { a: [finding(4, 1)], b: [finding(4.1, 1)] };
    const byDefault = await verifyKinds(kinds);
    assert.deepEqual(
      byDefault.map(({ pass }) => pass),
      [true, false],
    );
    const checks = [{ name: "x", error: 4, bound: 4, pass: true, slackNeeded: 4 }];
    assert.deepEqual(byDefault[0]?.checks, checks);
    const strict = await verifyKinds(kinds, { slack: 1 });
    assert.deepEqual(
      strict.map(({ pass }) => pass),
      [false, false],
    );
    const loose = await verifyKinds(kinds, { slack: 5 });
    assert.ok(loose.every(({ pass }) => pass));
  });

  test("demands equality where the figure is 0, whatever the slack", async () => {
    const [equal, unequal] = await verifyKinds(
      { a: [finding(0, 0)], b: [finding(1e-30, 0)] },
      { slack: 1e9 },
    );
    assert.equal(equal?.pass, true);
    assert.equal(equal?.checks[0]?.slackNeeded, 0);
    assert.equal(unequal?.pass, false);
    assert.equal(unequal?.checks[0]?.slackNeeded, Number.POSITIVE_INFINITY);
  });

  test("fails NaN, an infinite error, and a fixture of which nothing was checked", async () => {
    const results = await verifyKinds({
      a: [finding(0, 1), finding(Number.NaN, 1)],
      b: [finding(Number.POSITIVE_INFINITY, 1)],
      c: [],
    });
    assert.deepEqual(
      results.map(({ pass }) => pass),
      [false, false, false],
    );
    assert.equal(results[0]?.checks[1]?.slackNeeded, Number.POSITIVE_INFINITY);
  });

  test("fails a fixture whose replay throws, and goes on", async () => {
    const failure = new TypeError("no such operator");
    const [broken, fine] = await verifyKinds({ a: failure, b: [finding(0, 0)] });
    assert.equal(broken?.pass, false);
    assert.equal(broken?.failure, failure);
    assert.deepEqual(
      broken?.checks.map(({ name, pass }) => ({ name, pass })),
      [{ name: "replay failed: no such operator", pass: false }],
    );
    assert.equal(fine?.pass, true);
    assert.ok(fine !== undefined && !("failure" in fine));
  });

  test("refuses an unknown kind or folder before it replays anything", async () => {
    let replayed = 0;
    const table: ReplayTable = {
      known: async () => async () => {
        replayed++;
        return [finding(0, 0)];
      },
    };
    const known = await fixtureOf("known");
    const strange = await fixtureOf("toString");
    await assert.rejects(
      verifyFixtures([known, strange], OPTIONS, table).next(),
      new ManifestError(
        `Cannot replay fixture "${strange}": its kind is "toString", expected one of known`,
      ),
    );
    await assert.rejects(
      verifyFixtures([known, join(root, "absent")], OPTIONS, table).next(),
      ManifestError,
    );
    for (const slack of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(
        verifyFixtures([known], { ...OPTIONS, slack }, table).next(),
        RangeError,
      );
    }
    assert.equal(replayed, 0);
  });

  test("passes the person's choices on, and gives results as they come", async () => {
    const seen: ReplayOptions[] = [];
    const table: ReplayTable = {
      a: async () => async (_fixture, options) => {
        seen.push(options);
        return [finding(0, 0)];
      },
    };
    const directories = [await fixtureOf("a"), await fixtureOf("a")];
    const chosen = { device: "webgpu", threads: 2, tokenizerFile: "own.json" };
    const verifying = verifyFixtures(directories, { ...chosen, slack: 2 }, table);
    const first = await verifying.next();
    assert.equal(first.done, false);
    assert.deepEqual(seen, [chosen]);
  });
});
