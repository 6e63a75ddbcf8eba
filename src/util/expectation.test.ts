import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { expectationOf, firstFault } from "./expectation.ts";

/** What a schema says of a value. */
function said(schema: z.ZodType, value: unknown): string {
  const { error } = schema.safeParse(value);
  const issue = error?.issues[0];
  assert.ok(issue !== undefined);
  return expectationOf(issue);
}

describe("expectationOf()", () => {
  const cases: readonly (readonly [string, z.ZodType, unknown])[] = [
    ["expected a number", z.number(), "fast"],
    ["expected a whole number", z.int(), 1.5],
    ["expected a string", z.string(), 1],
    ["expected true or false", z.boolean(), "yes"],
    ["expected a list", z.array(z.string()), "a"],
    ["expected an object", z.object({}), []],
    ["expected an object", z.record(z.string(), z.number()), 3],
    ["expected yes", z.literal("yes"), "no"],
    ["expected one of yolo, fit", z.enum(["yolo", "fit"]), "foo"],
    ["expected a number or one of a, b", z.union([z.number(), z.enum(["a", "b"])]), null],
    ["expected at least 0", z.number().min(0), -1],
    ["expected more than 0", z.number().positive(), 0],
    ["expected at most 100", z.number().max(100), 200],
    ["expected less than 1", z.number().lt(1), 1],
    ["expected some text", z.string().min(1), ""],
    ["expected at most 2 characters", z.string().max(2), "abc"],
    ["expected a list of at least 1 value", z.array(z.int()).min(1), []],
    ["expected a list of at most 2 values", z.array(z.int()).max(2), [1, 2, 3]],
    ["expected a list of at least 2 values", z.tuple([z.int(), z.int()]), [1]],
    ["expected a multiple of 16", z.number().multipleOf(16), 17],
    ["expected a or null", z.enum(["a"], "expected a or null"), 1],
    ["expected something else", z.string().regex(/b/), "a"],
    ['unknown key "b"', z.strictObject({ a: z.int().optional() }), { b: 1 }],
    [
      "expected the lower end first",
      z.int().refine(() => false, "expected the lower end first"),
      1,
    ],
  ];
  for (const [expected, schema, value] of cases) {
    test(`${JSON.stringify(value)}: ${expected}`, () =>
      assert.equal(said(schema, value), expected));
  }
});

test("firstFault() says where it is", () => {
  const { error } = z.object({ a: z.array(z.int()) }).safeParse({ a: [1, 1.5] });
  assert.ok(error !== undefined);
  assert.deepEqual(firstFault(error), { where: "a.1", expected: "expected a whole number" });
});
