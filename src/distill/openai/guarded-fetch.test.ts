import assert from "node:assert/strict";
import type { LookupFunction } from "node:net";
import { test } from "node:test";
import { startModelServer } from "../../../test/model-server.ts";
import { parseBaseUrl } from "./base-url.ts";
import { createGuardedFetch } from "./guarded-fetch.ts";

const QUESTION = JSON.stringify({
  ...{ model: "m", max_tokens: 1, temperature: 0 },
  messages: [{ role: "user", content: "x" }],
});

/** Resolves every name to these addresses. */
const resolvesTo =
  (...addresses: string[]): LookupFunction =>
  (_hostname, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

test("createGuardedFetch: localhost is dialled at this machine only, whatever it resolves to", async () => {
  await using server = await startModelServer(() => "[]");
  const address = parseBaseUrl(`http://localhost:${server.port}/v1`);
  const post = async (lookup: LookupFunction) => {
    using guarded = createGuardedFetch({ address, apiKey: undefined, maxBytes: 9999, lookup });
    const url = `${address.baseUrl}/chat/completions`;
    return (await guarded.fetch(url, { method: "POST", body: QUESTION })).status;
  };
  assert.equal(await post(resolvesTo("192.0.2.1", "127.0.0.1")), 200);
  assert.equal(server.requests.length, 1);
  await assert.rejects(
    post(resolvesTo("192.0.2.1", "2001:db8::1")),
    /"localhost" resolves to no loopback address on this machine/,
  );
  assert.equal(server.requests.length, 1);
});

test("createGuardedFetch: sends to its own server only", async () => {
  const address = parseBaseUrl("http://127.0.0.1:9/v1");
  using guarded = createGuardedFetch({ address, apiKey: "k", maxBytes: 9 });
  for (const url of [
    "http://127.0.0.1:9/v2/x",
    "http://127.0.0.1:99/v1/x",
    "https://example.org/v1/x",
  ]) {
    await assert.rejects(guarded.fetch(url), /was refused: it is not 127\.0\.0\.1:9/);
  }
});

test("createGuardedFetch: a body that is no text is an error, not an empty request", async () => {
  await using server = await startModelServer(() => "[]");
  const address = parseBaseUrl(server.baseUrl);
  using guarded = createGuardedFetch({ address, apiKey: undefined, maxBytes: 9999 });
  const url = `${address.baseUrl}/chat/completions`;
  for (const body of [Buffer.from(QUESTION), new URLSearchParams(), new Blob([QUESTION])]) {
    await assert.rejects(guarded.fetch(url, { method: "POST", body }), {
      name: "TypeError",
      message: /^Cannot send a request to 127\.0\.0\.1:\d+: expected its body as text$/,
    });
  }
  assert.equal(server.requests.length, 0);
});
