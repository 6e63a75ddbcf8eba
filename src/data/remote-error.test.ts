import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, DecodeError, EcampError } from "../util/errors.ts";
import { fromRemoteError, toRemoteError } from "./remote-error.ts";

test("fromRemoteError() gives an error of the same class, with its stack and causes", () => {
  const inner = new ConfigError("inner", { cause: "a word" });
  const error = new DecodeError("outer", { cause: inner });
  const copy = fromRemoteError(structuredClone(toRemoteError(error)));
  assert.ok(copy instanceof DecodeError);
  assert.equal(copy.message, "outer");
  assert.equal(copy.stack, error.stack);
  assert.ok(copy.cause instanceof ConfigError);
  assert.ok(copy.cause.cause instanceof Error);
  assert.equal(copy.cause.cause.message, "a word");
});

test("fromRemoteError() keeps a programmer's mistake apart from a user's", () => {
  const copy = fromRemoteError(toRemoteError(new TypeError("a bug")));
  assert.ok(copy instanceof TypeError);
  assert.ok(!(copy instanceof EcampError));
  const other = fromRemoteError(toRemoteError(new SyntaxError("rare")));
  assert.ok(!(other instanceof EcampError));
  assert.equal(other.message, "rare");
});
