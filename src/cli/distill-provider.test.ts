import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Behaviour, reply, startModelServer } from "../../test/model-server.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

const REPORTS = [
  { id: "a", report: "No effusion. Small left pneumothorax." },
  { id: "b", report: "No effusion." },
  { id: "c", report: " " },
];

/** A folder with a table of reports. */
async function tableOf(reports: readonly object[] = REPORTS) {
  const folder = await mkdtemp(join(tmpdir(), "ecamp-server-"));
  const from = join(folder, "reports.jsonl");
  await writeFile(from, reports.map((each) => `${JSON.stringify(each)}\n`).join(""));
  const out = join(folder, "context.jsonl");
  const words = ["distill", "run", "--from", from, "--out", out, "--provider"];
  return { folder, out, words, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

async function call(words: readonly string[], signal = new AbortController().signal) {
  const terminal = recordedTerminal();
  const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "0.0.0" });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

const finding = (entity: string, status: string, rest: object = {}) => ({
  ...{ entity, status, side: "", location: "", severity: "" },
  ...rest,
});

/** A model that knows these two sentences. */
const behave: Behaviour = ({ asked }) =>
  JSON.stringify({
    findings: asked.startsWith("No")
      ? [finding("effusion", "absent"), finding("edema", "present")]
      : [finding("pneumothorax", "present", { side: "left", severity: "Small" })],
  });

async function readLines(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));
}

test("distill run --provider openai: records, usage, and nothing done twice", async () => {
  await using table = await tableOf();
  await using server = await startModelServer(behave);
  const key = join(table.folder, "key");
  await writeFile(key, "sk-secret\n");
  const words = [...table.words, "openai", "--base-url", server.baseUrl, "--model", "m"];
  const options = [
    "--api-key-file",
    key,
    "--price-in",
    "10",
    "--price-out",
    "1",
    "--concurrency",
    "2",
  ];
  const first = await call([...words, ...options]);
  assert.equal(first.status, 0, first.err);
  assert.match(first.out, /2 reports distilled/);
  assert.match(first.out, /findings: 1 present, 2 absent, 0 uncertain/);
  assert.match(first.out, /not kept: 2 findings without evidence in the report/);
  assert.match(
    first.out,
    /used: 2 sentences asked, 1 met again; 3 requests, 300 tokens in, 30 out, which cost 0\.0030/,
  );
  const records = await readLines(table.out);
  assert.deepEqual(
    records.map(({ id, provider, model, context }) => [id, provider, model, context]),
    [
      [
        "a",
        "openai",
        "m",
        "there is no evidence of pleural effusion. there is small left pneumothorax.",
      ],
      ["b", "openai", "m", "there is no evidence of pleural effusion."],
    ],
  );
  const everything = JSON.stringify([records, first]);
  assert.ok(!everything.includes("secret") && !everything.includes("edema"));
  assert.equal(server.requests.length, 3);
  assert.equal(server.requests[2]?.headers.authorization, "Bearer sk-secret");
  assert.match((await call([...words, ...options])).out, /holds every context already/);
  assert.equal(server.requests.length, 3);
});

test("distill run --provider openai: a server that fails midway loses nothing, and no message quotes a report", async () => {
  await using table = await tableOf();
  const isDown = { value: true };
  await using server = await startModelServer((request, response, count) => {
    if (count === 1 || !isDown.value) return behave(request, response, count);
    reply(response, 403, { error: { message: `cannot read ${request.asked}` } });
    return undefined;
  });
  const reports = [{ id: "z", report: "No effusion." }, ...REPORTS];
  await writeFile(
    join(table.folder, "reports.jsonl"),
    reports.map((each) => `${JSON.stringify(each)}\n`).join(""),
  );
  const words = [...table.words, "openai", "--base-url", server.baseUrl, "--model", "m"];
  words.push("--price-in", "1000", "--price-out", "1000");
  const failed = await call(words);
  assert.equal(failed.status, 1);
  assert.match(
    failed.err,
    /1 contexts were made and are kept; the same command goes on from there/,
  );
  assert.match(
    failed.err,
    /used: 1 sentences asked, 1 met again; 3 requests, 200 tokens in, 20 out, which cost 0\.2200/,
  );
  assert.match(failed.err, /ecamp: Cannot ask the model "m" at 127\.0\.0\.1:\d+: HTTP 403; .*\n$/);
  assert.ok(!failed.err.includes("pneumothorax"));
  isDown.value = false;
  const resumed = await call(words);
  assert.match(resumed.out, /1 reports distilled, 1 were done before, 1 copied/);
  assert.deepEqual(
    (await readLines(table.out)).map(({ id }) => id),
    ["z", "a", "b"],
  );
});

test("distill run --provider openai: a sentence that the server does not take is left out, and said", async () => {
  await using table = await tableOf();
  const takes = { all: false };
  await using server = await startModelServer((request, response, count) => {
    if (takes.all || request.asked.startsWith("No")) return behave(request, response, count);
    reply(response, 400, { error: { message: request.asked, code: "content_filter" } });
    return undefined;
  });
  const words = [...table.words, "openai", "--base-url", server.baseUrl, "--model", "m"];
  const { status, out, err } = await call(words);
  assert.equal(status, 0, err);
  assert.match(out, /2 reports distilled/);
  assert.match(out, /1 not taken by the server \(HTTP 400 \(content_filter\)\)/);
  assert.match(out, /1 contexts lack sentences without an answer; the next run makes them anew/);
  assert.ok(!`${out}${err}`.includes("pneumothorax"));
  assert.deepEqual(
    (await readLines(table.out)).map(({ id, unanswered }) => [id, unanswered]),
    [
      ["a", 1],
      ["b", undefined],
    ],
  );
  takes.all = true;
  const again = await call(words);
  assert.match(again.out, /1 reports distilled, 1 were done before/);
  assert.match(again.err, /1 contexts lack what the model gave no answer about, and are made anew/);
  const [first] = await readLines(table.out);
  assert.equal(first?.["unanswered"], undefined);
  assert.match(String(first?.["context"]), /left pneumothorax/);
});

test("distill run --provider openai: Ctrl-C while the model thinks ends in good order", async () => {
  await using table = await tableOf();
  const controller = new AbortController();
  await using server = await startModelServer((request, response, count) => {
    if (count === 1) return behave(request, response, count);
    controller.abort(new Error("stop"));
    return undefined;
  });
  const reports = [{ id: "z", report: "No effusion." }, ...REPORTS];
  await writeFile(
    join(table.folder, "reports.jsonl"),
    reports.map((each) => `${JSON.stringify(each)}\n`).join(""),
  );
  const words = [...table.words, "openai", "--base-url", server.baseUrl, "--model", "m"];
  const { status, err } = await call(words, controller.signal);
  assert.equal(status, 1);
  assert.match(
    err,
    /1 contexts were made and are kept; .*\n.*used: 1 sentences asked, .*200 tokens in/,
  );
  assert.match(err, /Stopped before the end, as asked/);
});

test("distill run --provider openai: another machine is refused, saying what would leave this one", async () => {
  await using table = await tableOf();
  const words = [...table.words, "openai", "--model", "m", "--base-url"];
  for (const host of [
    "models.example.org",
    "localhost.example.org",
    "[::ffff:127.0.0.1]:80",
    "127.0.0.1@example.org",
  ]) {
    const { status, err } = await call([...words, `http://${host}/v1`]);
    assert.equal(status, 1);
    assert.match(err, host.includes("@") ? /a name or password/ : /it is not this machine/, host);
  }
  const { err } = await call([...words, "https://models.example.org/v1"]);
  assert.match(
    err,
    /Cannot use the server models\.example\.org: it is not this machine .*, and sentences of 2 reports of ".*reports\.jsonl", which is private, would be sent there; --allow-remote allows that\n$/,
  );
  const plain = await call([...words, "http://models.example.org/v1"]);
  assert.match(plain.err, /would be sent there, unencrypted;/);
});

test("distill run --provider openai --allow-remote says what it sends and where", async () => {
  await using table = await tableOf([{ id: "c", report: " " }]); // nothing is really sent
  const words = [...table.words, "openai", "--model", "m", "--allow-remote"];
  const { err } = await call([...words, "--base-url", "http://192.0.2.1:9/v1"]);
  assert.match(
    err,
    /^Sending sentences of 0 reports of ".*", which is private, to 192\.0\.2\.1:9, unencrypted, as --allow-remote says\n/,
  );
});

test("distill run --provider openai: a key is not sent to another machine unencrypted", async () => {
  await using table = await tableOf();
  const key = join(table.folder, "key");
  await writeFile(key, "sk-secret\n");
  const words = [...table.words, "openai", "--model", "m", "--allow-remote", "--api-key-file", key];
  const { status, err } = await call([...words, "--base-url", "http://192.0.2.1:9/v1"]);
  assert.equal(status, 1);
  assert.match(err, /^ecamp: Cannot send a key to 192\.0\.2\.1:9 unencrypted: .*\n$/);
});

test("distill run: options that are missing, of another provider, or contradict each other", async () => {
  await using table = await tableOf();
  const cases: readonly (readonly [string, RegExp])[] = [
    ["openai --model m", /name the server with --base-url; there is no default/],
    ["openai --base-url http://127.0.0.1:1/v1", /name its model with --model/],
    [
      "openai --base-url http://127.0.0.1:1/v1 --model m --threads 2",
      /--threads: it says nothing of --provider openai/,
    ],
    ["gguf", /name the model's file with --model/],
    [
      "gguf --model m.gguf --base-url http://127.0.0.1:1/v1",
      /--base-url: it says nothing of --provider gguf/,
    ],
    ["rules --assist", /--assist: it says nothing of --provider rules/],
    ["gguf --model m.gguf --assist --free", /--assist with --free/],
  ];
  for (const [line, expected] of cases) {
    const { status, err } = await call([...table.words, ...line.split(" ")]);
    assert.match(err, expected);
    assert.equal(status, 2, line);
  }
  const noFile = await call([...table.words, "gguf", "--model", "no/such.gguf"]);
  assert.match(
    noFile.err,
    /Cannot load the model "no\/such\.gguf": there is no such file; expected a GGUF file/,
  );
});

test("distill run: a file that holds no key is refused without being quoted", async () => {
  await using table = await tableOf();
  const key = join(table.folder, "key");
  const words = [...table.words, "openai", "--base-url", "http://127.0.0.1:1/v1", "--model", "m"];
  for (const content of ["", " \n", "secret one", "secret\nsecret", "s".repeat(9000)]) {
    await writeFile(key, content);
    const { status, err } = await call([...words, "--api-key-file", key]);
    assert.equal(status, 1);
    assert.match(
      err,
      /Cannot read the key in ".*": expected one line with the key and nothing else/,
    );
    assert.ok(!err.includes("secret"));
  }
  assert.match((await call([...words, "--api-key-file", `${key}s`])).err, /ENOENT/);
});

test("distill run --provider openai: the environment changes nothing, and no proxy is used", async () => {
  await using table = await tableOf();
  await using server = await startModelServer(behave);
  let trapped = 0;
  const trap = createServer((_, response) => {
    trapped += 1;
    response.end();
  });
  trap.on("connect", (_, socket) => {
    trapped += 1;
    socket.destroy();
  });
  trap.listen(0, "127.0.0.1");
  await once(trap, "listening");
  const address = trap.address();
  const other = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const proxies = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
  ];
  const env = {
    ...process.env,
    ...{ OPENAI_API_KEY: "env-key", OPENAI_ADMIN_KEY: "env-admin", OPENAI_BASE_URL: `${other}/v1` },
    ...{ OPENAI_ORG_ID: "env-org", OPENAI_PROJECT_ID: "env-project", OPENAI_LOG: "debug" },
    ...{ OPENAI_WEBHOOK_SECRET: "env-hook", OPENAI_CUSTOM_HEADERS: "X-Env: env-header" },
    ...{ NODE_USE_ENV_PROXY: "1", NO_PROXY: "", no_proxy: "" },
    ...Object.fromEntries(proxies.map((name) => [name, other])),
  };
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const words = [...table.words, "openai", "--base-url", server.baseUrl, "--model", "m"];
  const child = spawn(process.execPath, ["--import", "tsx", main, ...words], { env });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => said.push(String(text)));
  const [status] = await once(child, "close");
  trap.close();
  assert.equal(status, 0, said.join(""));
  assert.equal(trapped, 0);
  assert.equal(server.requests.length, 3);
  assert.ok(
    !JSON.stringify([said, server.requests.map(({ headers }) => headers)]).includes("env-"),
  );
  assert.ok(!said.join("").includes("pneumothorax"));
});
