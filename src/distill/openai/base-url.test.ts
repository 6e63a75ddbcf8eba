import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isLoopbackAddress, parseBaseUrl } from "./base-url.ts";

const here = (url: string) => parseBaseUrl(url).isLoopback;

test("parseBaseUrl: this machine by its literal spellings, as the network reads them", () => {
  for (const host of [
    ...[
      "127.0.0.1",
      "127.0.0.1:8080",
      "127.255.3.9",
      "127.1",
      "2130706433",
      "0x7f.1",
      "0177.0.0.1",
    ],
    ...["localhost", "LOCALHOST:1", "[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]", "１２７.0.0.1"],
  ]) {
    assert.ok(here(`http://${host}/v1`), host);
  }
});

test("parseBaseUrl: what only looks like this machine is another", () => {
  for (const host of [
    ...[
      "localhost.example.org",
      "localhost.",
      "notlocalhost",
      "127.0.0.1.example.org",
      "127-0-0-1.example",
    ],
    ...[
      "0.0.0.0",
      "[::]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[fe80::1]",
      "128.0.0.1",
      "10.0.0.1",
    ],
    ...["localtest.me", "loopback", "ip6-localhost", "api.openai.com", "127.0.0.1%2eexample.org"],
  ]) {
    const url = `http://${host}/v1`;
    assert.ok(!URL.canParse(url) || !here(url), host);
  }
  assert.ok(!here("http://example.org\\@127.0.0.1/"));
  assert.ok(!here("http://example.org/@127.0.0.1/"));
  assert.ok(!here("https://example.org/http://127.0.0.1"));
});

test("parseBaseUrl: no number outside 127/8 is this machine", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), (number) => {
      assert.equal(here(`http://${number}/`), number >>> 24 === 127);
    }),
    { seed: 1 },
  );
});

test("parseBaseUrl: refuses names and passwords without quoting them, and what is no address of a server", () => {
  for (const url of ["http://127.0.0.1@example.org/v1", "http://user:secret@127.0.0.1/v1"]) {
    assert.throws(
      () => parseBaseUrl(url),
      /^ConfigError: Cannot use --base-url: a name or password/,
    );
    assert.throws(
      () => parseBaseUrl(url),
      (error: Error) => !error.message.includes("secret"),
    );
  }
  for (const url of [
    "",
    "127.0.0.1:8080",
    "localhost:8080/v1",
    "ftp://127.0.0.1/",
    "file:///etc/hosts",
    "http://",
  ]) {
    assert.throws(() => parseBaseUrl(url), /it is not an http\(s\) address/, url);
  }
  assert.throws(() => parseBaseUrl("http://127.0.0.1/v1?key=1"), /a query or a fragment/);
});

test("parseBaseUrl: no slash at the end, the host with its port", () => {
  assert.deepEqual(parseBaseUrl("https://models.example.org:8443/a/v1/"), {
    baseUrl: "https://models.example.org:8443/a/v1",
    host: "models.example.org:8443",
    isLoopback: false,
    isEncrypted: true,
  });
});

test("isLoopbackAddress: addresses that a name was resolved to", () => {
  assert.deepEqual(
    [
      "127.0.0.1",
      "127.9.9.9",
      "::1",
      "10.0.0.1",
      "::ffff:127.0.0.1",
      "localhost",
      "127.0.0.1.org",
    ].map(isLoopbackAddress),
    [true, true, true, false, false, false, false],
  );
});
