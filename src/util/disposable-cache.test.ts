import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DisposableCache } from "./disposable-cache.ts";

function recorded() {
  const events: string[] = [];
  const cache = new DisposableCache(async (name: string) => {
    events.push(`make ${name}`);
    if (name === "bad") throw new Error("cannot make it");
    return { name, [Symbol.asyncDispose]: async () => void events.push(`free ${name}`) };
  });
  return { cache, events };
}

describe("DisposableCache", () => {
  test("makes each thing once, also when it is asked for twice at the same time", async () => {
    const { cache, events } = recorded();
    const [first, second] = await Promise.all([cache.get("a"), cache.get("a")]);
    assert.equal(first, second);
    assert.equal((await cache.get("b")).name, "b");
    assert.deepEqual(events, ["make a", "make b"]);
  });

  test("frees what was made, and passes over what was not", async () => {
    const { cache, events } = recorded();
    await cache.get("a");
    await assert.rejects(cache.get("bad"), /cannot make it/);
    await cache[Symbol.asyncDispose]();
    assert.deepEqual(events, ["make a", "make bad", "free a"]);
  });
});
