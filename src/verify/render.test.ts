import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { renderJson, renderResult, renderSummary } from "./render.ts";
import type { FixtureResult } from "./verify.ts";

const GOOD: FixtureResult = {
  fixture: "fixtures/nano",
  kind: "pretrain",
  pass: true,
  checks: [
    { name: "mim", error: 0, bound: 8e-6, pass: true, slackNeeded: 0 },
    { name: "grad/cls_token", error: 3e-5, bound: 4e-5, pass: true, slackNeeded: 3 },
  ],
};

const BAD: FixtureResult = {
  fixture: "fixtures/rle",
  kind: "rle",
  pass: false,
  checks: [
    { name: "decoded", error: 0.25, bound: 12, pass: true, slackNeeded: 0.0833333 },
    { name: "encoded", error: 2, bound: 0, pass: false, slackNeeded: Infinity },
    { name: "area", error: Number.NaN, bound: 4e-6, pass: false, slackNeeded: Infinity },
  ],
};

const EMPTY: FixtureResult = { fixture: "fixtures/void", kind: "lists", pass: false, checks: [] };

describe("renderJson()", () => {
  test("has exactly the fields that programs read, on one line", () => {
    assert.equal(
      renderJson({ ...GOOD, failure: new Error("unseen") }),
      '{"fixture":"fixtures/nano","kind":"pretrain","pass":true,"checks":[' +
        '{"name":"mim","error":0,"bound":0.000008,"pass":true},' +
        '{"name":"grad/cls_token","error":0.00003,"bound":0.00004,"pass":true}]}',
    );
  });

  test("writes what is no finite number as null", () => {
    assert.match(renderJson(BAD), /\{"name":"area","error":null,"bound":0.000004,"pass":false\}/);
  });
});

describe("renderResult()", () => {
  test("lists the checks, the worst first, with error, bound and ratio", () => {
    assert.equal(
      renderResult(GOOD),
      [
        "fixtures/nano (pretrain): pass",
        "  check             error    bound  ratio",
        "  grad/cls_token  3.00e-5  4.00e-5   3.00  pass",
        "  mim                   0  8.00e-6      0  pass",
      ].join("\n"),
    );
  });

  test("puts what fails before what passes, and shows what no slack would pass", () => {
    const lines = renderResult(BAD).split("\n").slice(2);
    assert.deepEqual(
      lines.map((line) => line.trim().split(/\s+/)),
      [
        ["encoded", "2", "0", "∞", "FAIL"],
        ["area", "NaN", "4.00e-6", "∞", "FAIL"],
        ["decoded", "0.250", "12", "0.0833", "pass"],
      ],
    );
  });

  test("says that nothing was checked", () => {
    assert.equal(renderResult(EMPTY), "fixtures/void (lists): FAIL\n  nothing was checked");
  });
});

describe("renderSummary()", () => {
  test("gives one line a fixture, failures and the greatest need first, and counts", () => {
    const lines = renderSummary([GOOD, BAD, EMPTY]).split("\n");
    assert.deepEqual(
      lines.slice(1, -1).map((line) => line.split(/\s{2,}/)),
      [
        ["fixtures/rle", "rle", "FAIL", "3", "∞", "encoded"],
        ["fixtures/void", "lists", "FAIL", "0", "nothing was checked"],
        ["fixtures/nano", "pretrain", "pass", "2", "3.00", "grad/cls_token"],
      ],
    );
    assert.equal(lines.at(-1), "1 of 3 fixtures pass");
  });
});
