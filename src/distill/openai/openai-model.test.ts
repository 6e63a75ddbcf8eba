import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Behaviour,
  complete,
  type ModelServer,
  reply,
  startModelServer,
} from "../../../test/model-server.ts";
import type { LanguageModel, Question } from "../llm/language-model.ts";
import { parseBaseUrl } from "./base-url.ts";
import { type OpenAiModelOptions, openAiModel } from "./openai-model.ts";

const SECRET = "a sentence that no message may quote";

const QUESTION: Question = {
  messages: [
    { role: "system", text: "be brief" },
    { role: "user", text: SECRET },
  ],
  schema: { type: "array", items: { type: "string", maxLength: 9 }, maxItems: 2 },
  maxTokens: 33,
};

/** A model behind a server; time passes only in its records. */
async function open(
  behave: Behaviour,
  options: Partial<OpenAiModelOptions> & { ofProbe?: boolean } = {},
) {
  const server = await startModelServer(behave, { ofProbe: options.ofProbe ?? false });
  const slept: number[] = [];
  const model = openAiModel({
    ...{
      address: parseBaseUrl(server.baseUrl),
      allowRemote: false,
      model: "m",
      concurrency: 1,
      timeoutMs: 20_000,
    },
    timing: { now: () => 0, sleep: async (ms) => void slept.push(ms) },
    ...options,
  });
  const close = async () => {
    await model[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  return { server, model, slept, [Symbol.asyncDispose]: close };
}

/** Asks, and sees that the failure quotes nothing. */
async function failureOf(model: LanguageModel): Promise<string> {
  const error: unknown = await model.ask(QUESTION).then(
    () => assert.fail("it answered"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Error);
  assert.equal(error.name, "ExecutionError", error.stack);
  assert.equal(error.cause, undefined);
  assert.ok(!error.message.includes("sentence that"), error.message);
  return error.message;
}

const sent = ({ requests }: ModelServer) => requests.map(({ asked }) => asked.slice(0, 10));

test("openAiModel: asks whether the model is ready, then the question, with its schema and nothing else", async () => {
  await using opened = await open(() => "[]", { prices: { in: 1, out: 1000 } });
  const { server, model } = opened;
  assert.deepEqual(await model.ask(QUESTION), { kind: "text", text: "[]" });
  assert.deepEqual(sent(server), ["Answer wit", "a sentence"]);
  const { url, headers, body } = server.requests[1] ?? assert.fail();
  assert.equal(url, "/v1/chat/completions");
  assert.deepEqual(Object.keys(headers).sort(), [
    ...["accept", "connection", "content-length", "content-type", "host"],
  ]);
  assert.deepEqual(body, {
    ...{ model: "m", temperature: 0, max_tokens: 33 },
    messages: [
      { role: "system", content: "be brief" },
      { role: "user", content: SECRET },
    ],
    response_format: {
      type: "json_schema",
      json_schema: { schema: QUESTION.schema },
    },
  });
  assert.equal(model.usage(), "2 requests, 200 tokens in, 20 out, which cost 0.0202");
});

test("openAiModel: sends the key that it is given", async () => {
  await using opened = await open(() => "[]", { apiKey: "k-1" });
  await opened.model.ask(QUESTION);
  assert.equal(opened.server.requests[1]?.headers.authorization, "Bearer k-1");
});

test("openAiModel: a server without schemas is asked in words alone", async () => {
  for (const status of [400, 422, 501]) {
    const behave: Behaviour = ({ body, asked }, response) => {
      if (body.response_format === undefined) return asked === SECRET ? "words" : "ready";
      reply(response, status, { error: { message: asked } });
      return undefined;
    };
    await using opened = await open(behave, { ofProbe: true });
    assert.deepEqual(await opened.model.ask(QUESTION), { kind: "text", text: "words" });
    assert.equal(opened.server.requests.at(-1)?.body.response_format, undefined);
  }
});

test("openAiModel: a server that takes the schema and does not keep to it is asked in words alone", async () => {
  await using opened = await open(() => "Sure! I am ready.", { ofProbe: true });
  await opened.model.ask(QUESTION);
  assert.equal(opened.server.requests.at(-1)?.body.response_format, undefined);
});

test("openAiModel: waits as it is asked to, or twice as long each time, and goes on", async () => {
  const failures = [
    { status: 429, headers: { "retry-after": "7" } },
    { status: 500, headers: {} },
    { status: 503, headers: {} },
  ];
  await using opened = await open((_, response, count) => {
    const failure = failures[count - 1];
    if (failure === undefined) return "[]";
    reply(response, failure.status, { error: { message: SECRET } }, failure.headers);
    return undefined;
  });
  assert.deepEqual(await opened.model.ask(QUESTION), { kind: "text", text: "[]" });
  assert.deepEqual(opened.slept, [7000, 1000, 2000]);
});

const failing =
  (status: number, headers: Record<string, string> = {}, code = "no_such"): Behaviour =>
  (_, response) => {
    reply(response, status, { error: { message: `cannot serve ${SECRET}`, code } }, headers);
    return undefined;
  };

test("openAiModel: gives up after five attempts, at once where none would help", async () => {
  const cases: readonly (readonly [Behaviour, RegExp, number])[] = [
    [failing(429), /: HTTP 429 \(no_such\), 5 times over$/, 5],
    [failing(500), /: HTTP 500 \(no_such\), 5 times over$/, 5],
    [failing(401), /: HTTP 401 \(no_such\); give a key with --api-key-file$/, 1],
    [failing(404, {}, SECRET), /: HTTP 404; does --base-url end as the server wants it/, 1],
    [failing(429, { "retry-after": "90000" }), /HTTP 429 .*it asks to come back in 90000 s$/, 1],
    [
      failing(302, { location: "http://example.org/v1" }),
      /HTTP 302.*: a redirect, which is not followed$/,
      1,
    ],
    [failing(307, { location: "/v2" }), /HTTP 307/, 1],
  ];
  for (const [behave, expected, attempts] of cases) {
    await using opened = await open(behave);
    assert.match(await failureOf(opened.model), expected);
    assert.equal(opened.server.requests.length, 1 + attempts, String(expected));
    assert.match(
      await failureOf(opened.model),
      /^Cannot ask the model "m" at 127\.0\.0\.1:\d+: HTTP/,
    );
  }
});

test("openAiModel: a question that is not taken is asked in words alone, and then left", async () => {
  for (const status of [400, 413, 422]) {
    await using never = await open(failing(status, {}, "too_long"));
    const what = `HTTP ${status} (too_long)`;
    assert.deepEqual(await never.model.ask(QUESTION), { kind: "rejected", what });
    const formats = never.server.requests.map(({ body }) => body.response_format !== undefined);
    assert.deepEqual(formats, [true, true, false]);
    await using once = await open((request, response, count) => {
      if (request.body.response_format === undefined) return "[]";
      return failing(status)(request, response, count);
    });
    assert.deepEqual(await once.model.ask(QUESTION), { kind: "text", text: "[]" });
  }
});

test("openAiModel: hangs, closed sockets and wrong answers have names", async () => {
  const html: Behaviour = (_, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(`<p>${SECRET}</p>`);
    return undefined;
  };
  const half: Behaviour = (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"choices":[{"message":{"content":"a sentence that');
    return undefined;
  };
  const none: Behaviour = (_, response) => {
    reply(response, 200, { choices: [] });
    return undefined;
  };
  const closed: Behaviour = (_, response) => {
    response.socket?.destroy();
    return undefined;
  };
  const cut: Behaviour = (_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write("{");
    setImmediate(() => response.socket?.destroy());
    return undefined;
  };
  const cases: readonly (readonly [Behaviour, RegExp])[] = [
    [html, /its answer is not of the protocol: not JSON by its type, 5 times over$/],
    [half, /its answer is not JSON, whatever its type says, 5 times over$/],
    [none, /its answer is not of the protocol: without a choice, 5 times over$/],
    [closed, /the connection failed \(ECONNRESET\), 5 times over$/],
    [cut, /the connection failed \(ECONNRESET\), 5 times over$/],
  ];
  for (const [behave, expected] of cases) {
    await using opened = await open(behave);
    assert.match(await failureOf(opened.model), expected);
  }
  await using hanging = await open(() => undefined, { timeoutMs: 200, ofProbe: true });
  assert.match(
    await failureOf(hanging.model),
    /no answer in time \(see --timeout\), 5 times over$/,
  );
});

test("openAiModel: reads no more than a few MiB", async () => {
  await using opened = await open((_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const chunk = Buffer.alloc(1 << 16, " ");
    const more = () => {
      if (!response.destroyed) response.write(chunk, () => setImmediate(more));
    };
    more();
    return undefined;
  });
  assert.match(await failureOf(opened.model), /: its answer is longer than 4194304 bytes$/);
});

test("openAiModel: refusals and answers without end are told from texts", async () => {
  const behaviours: readonly Behaviour[] = [
    (_, response) => void complete(response, { content: null, refusal: "I cannot" }),
    (_, response) => void complete(response, { content: "" }, "content_filter"),
    (_, response) => void complete(response, { content: '{"a' }, "length"),
    (_, response) => void complete(response, { content: null }),
  ];
  const replies: unknown[] = [];
  for (const behave of behaviours) {
    await using opened = await open((...call) => {
      behave(...call);
      return undefined;
    });
    replies.push(await opened.model.ask(QUESTION));
  }
  assert.deepEqual(replies, [
    { kind: "refusal" },
    { kind: "refusal" },
    { kind: "cut", text: '{"a' },
    { kind: "text", text: "" },
  ]);
});

test("openAiModel: stops at once when it is told to, and when it is closed", async () => {
  const controller = new AbortController();
  await using opened = await open((_request, _response, count) => {
    if (count === 1) controller.abort(new Error("stopped"));
    return undefined;
  });
  await assert.rejects(opened.model.ask(QUESTION, controller.signal), /^Error: stopped$/);
  const open2 = opened.model.ask(QUESTION);
  setTimeout(() => void opened.model[Symbol.asyncDispose](), 50);
  await assert.rejects(open2, /it was closed/);
});

test("openAiModel: says so when there is no server", async () => {
  const server = await startModelServer(() => "[]");
  await server[Symbol.asyncDispose]();
  await using model = openAiModel({
    ...{
      address: parseBaseUrl(server.baseUrl),
      allowRemote: false,
      model: "m",
      concurrency: 1,
      timeoutMs: 5000,
    },
    timing: { now: () => 0, sleep: async () => undefined },
  });
  assert.match(await failureOf(model), /\(ECONNREFUSED\); is the server running\?, 5 times over$/);
});

test("openAiModel: another machine is not asked unless that was allowed, and given no key in the open", async () => {
  const options = { model: "m", concurrency: 1, timeoutMs: 5000 } as const;
  const encrypted = parseBaseUrl("https://192.0.2.1/v1");
  const plain = parseBaseUrl("http://192.0.2.1/v1");
  for (const address of [encrypted, plain]) {
    assert.throws(() => openAiModel({ ...options, address, allowRemote: false }), {
      name: "ConfigError",
      message: /^Cannot use the server 192\.0\.2\.1: it is not this machine/,
    });
    await using _open = openAiModel({ ...options, address, allowRemote: true });
  }
  const key = { ...options, allowRemote: true, apiKey: "k-1" };
  await using _open = openAiModel({ ...key, address: encrypted });
  assert.throws(() => openAiModel({ ...key, address: plain }), {
    name: "ConfigError",
    message: /^Cannot send a key to 192\.0\.2\.1 unencrypted: /,
  });
});
