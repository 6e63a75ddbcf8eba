import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ConfigError } from "../util/errors.ts";
import { openIdKey, pseudonymizer } from "./pseudonym.ts";

const root = await mkdtemp(join(tmpdir(), "pseudonym-"));
after(() => rm(root, { recursive: true, force: true }));

describe("pseudonymizer()", () => {
  test("is HMAC-SHA256 of kind and id, its first 32 hex digits", () => {
    const pseudonymize = pseudonymizer(Buffer.alloc(32, 7));
    // Computed apart, with Python's hmac module: hmac.new(b"\7" * 32, b"record\0a1", "sha256").
    assert.equal(pseudonymize("record", "a1"), "997f319527d4787e377066301ecdbcd9");
    assert.equal(pseudonymize("patient", "a1"), "f5c119379316d94b9bec54289b9e48a2");
  });

  test("gives another pseudonym under another key", () => {
    const [one, other] = [pseudonymizer(Buffer.alloc(32, 1)), pseudonymizer(Buffer.alloc(32, 2))];
    assert.notEqual(one("record", "a"), other("record", "a"));
  });
});

describe("openIdKey()", () => {
  test("makes a key for its owner alone, and then keeps it", async () => {
    const path = join(root, "config", "ecamp", "id-key");
    const keys = await Promise.all([openIdKey(path), openIdKey(path)]);
    const again = await openIdKey(path);
    assert.equal(again.length, 32);
    for (const key of keys) assert.deepEqual(Buffer.from(key), Buffer.from(again));
    assert.equal((await readFile(path, "utf8")).trim(), Buffer.from(again).toString("hex"));
    if (process.platform !== "win32") assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  test("refuses another file, a key that others can read, and a folder", async () => {
    const other = join(root, "notes");
    await writeFile(other, "hello", { mode: 0o600 });
    await assert.rejects(openIdKey(other), /^ConfigError: .* it is not a key, expected 64 hex/);
    await assert.rejects(openIdKey(root), ConfigError);
    if (process.platform === "win32") return;
    const open = join(root, "open-key");
    await openIdKey(open);
    await chmod(open, 0o644);
    await assert.rejects(openIdKey(open), /others can read it/);
  });
});
