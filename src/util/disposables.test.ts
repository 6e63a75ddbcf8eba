import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Disposables } from "./disposables.ts";

function recorded() {
  const freed: string[] = [];
  const thing = (name: string): AsyncDisposable => ({
    [Symbol.asyncDispose]: async () => {
      freed.push(name);
      if (name.startsWith("bad")) throw new Error(`${name} fails`);
    },
  });
  return { freed, thing };
}

describe("Disposables", () => {
  test("frees the last first, all of them even where some fail", async () => {
    const { freed, thing } = recorded();
    const all = new Disposables();
    for (const name of ["a", "bad b", "c", "bad d"]) all.use(thing(name));
    await assert.rejects(all[Symbol.asyncDispose](), /^Error: bad d fails$/);
    assert.deepEqual(freed, ["bad d", "c", "bad b", "a"]);
  });

  test("leaves to the caller what was kept", async () => {
    const { freed, thing } = recorded();
    const all = new Disposables();
    all.use(thing("a"));
    const kept = all.keep();
    await all[Symbol.asyncDispose]();
    assert.deepEqual(freed, []);
    await kept[Symbol.asyncDispose]();
    assert.deepEqual(freed, ["a"]);
  });
});
