/** @file A language model in a file, run in this process: nothing is sent anywhere. */
import { describeError, ExecutionError } from "../../util/errors.ts";
import type { LanguageModel, Message, Question, Reply } from "../llm/language-model.ts";
import { checkGgufFile, nameGgufFile } from "./gguf-file.ts";
import {
  type Llama,
  type LlamaRuntime,
  type LlamaSequence,
  type LlamaSession,
  type LlamaTurn,
  loadLlamaRuntime,
} from "./llama-runtime.ts";

/** Which file, and how it is run. */
export interface GgufModelOptions {
  readonly file: string;
  /** One, when anything else runs on the machine: more threads then wait for each other. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly loadRuntime?: () => Promise<LlamaRuntime>;
}

/** Holds the instructions, the examples, a long sentence and its answer. */
const CONTEXT_TOKENS = 4096;

/**
 * Checks the file and loads it.
 * @throws {ConfigError} when the package is not there, or the file is no GGUF
 * @throws {ExecutionError} when it cannot be loaded
 */
export async function ggufModel(options: GgufModelOptions): Promise<LanguageModel> {
  const { file, signal, loadRuntime = loadLlamaRuntime } = options;
  await checkGgufFile(file);
  const runtime = await loadRuntime(); // before a gigabyte is read for its hash
  const name = await nameGgufFile(file, signal);
  try {
    return new GgufModel(name, await start(runtime, options));
  } catch (cause) {
    throw new ExecutionError(`Cannot load the model "${file}": ${describeError(cause)}`, { cause });
  }
}

interface Started {
  readonly llama: Llama;
  readonly sequence: LlamaSequence;
  readonly session: LlamaSession;
}

async function start(
  { getLlama, LlamaChatSession }: LlamaRuntime,
  { file, threads }: GgufModelOptions,
): Promise<Started> {
  const llama = await getLlama({
    ...{ gpu: false, build: "never", skipDownload: true, maxThreads: threads },
    ...{ progressLogs: false, logger: () => undefined }, // its messages may quote what the model reads
  });
  try {
    const model = await llama.loadModel({ modelPath: file });
    const context = await model.createContext({ contextSize: CONTEXT_TOKENS, threads });
    const sequence = context.getSequence();
    return { llama, sequence, session: new LlamaChatSession({ contextSequence: sequence }) };
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}

class GgufModel implements LanguageModel {
  readonly provider = "gguf";
  readonly model: string;
  /** There is one sequence of tokens: questions follow each other, and share what stands before the sentence. */
  readonly concurrency = 1;
  readonly #started: Started;

  constructor(model: string, started: Started) {
    this.model = model;
    this.#started = started;
  }

  async ask(question: Question, signal?: AbortSignal): Promise<Reply> {
    const asked = signal ?? new AbortController().signal;
    const outcome = await this.#prompt(question, asked).catch(nameOf);
    asked.throwIfAborted();
    if (typeof outcome !== "string") return outcome;
    throw new ExecutionError(
      `Cannot ask the model "${this.model}": its runtime failed (${outcome})`,
    );
  }

  async #prompt({ messages, schema, maxTokens }: Question, signal: AbortSignal): Promise<Reply> {
    signal.throwIfAborted();
    const { llama, session } = this.#started;
    const last = messages[messages.length - 1];
    const grammar = await llama.createGrammarForJsonSchema(schema);
    session.setChatHistory(messages.slice(0, -1).map(turnOf));
    const options = { grammar, maxTokens, temperature: 0, signal } as const;
    const answer = await session.promptWithMeta(last?.text ?? "", options);
    const kind = answer.stopReason === "maxTokens" ? "cut" : "text";
    return { kind, text: answer.responseText };
  }

  usage(): string {
    const { usedInputTokens, usedOutputTokens } = this.#started.sequence.tokenMeter;
    return `${usedInputTokens} tokens in, ${usedOutputTokens} out`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.llama.dispose();
  }
}

function turnOf({ role, text }: Message): LlamaTurn {
  return role === "assistant" ? { type: "model", response: [text] } : { type: role, text };
}

/** All that is said of a failure of the runtime: its message may quote the sentence. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
