/** @file The optional package node-llama-cpp: as much of it as is used here, loaded only when a model file is asked for. */
import { ConfigError } from "../../util/errors.ts";
import type { JsonSchema } from "../llm/language-model.ts";

/** The version that was tried; the package is no dependency, and is not there unless someone installs it. */
const PACKAGE = "node-llama-cpp";
const VERSION = "3.22.1";

/** The package. */
export interface LlamaRuntime {
  getLlama(options: {
    readonly gpu: false;
    readonly build: "never";
    readonly skipDownload: true;
    readonly maxThreads: number;
    readonly progressLogs: false;
    readonly logger: () => void;
  }): Promise<Llama>;
  readonly LlamaChatSession: new (options: { readonly contextSequence: unknown }) => LlamaSession;
}

/** The library, loaded. */
export interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
  createGrammarForJsonSchema(schema: JsonSchema): Promise<unknown>;
  dispose(): Promise<void>;
}

/** A model's weights. */
export interface LlamaModel {
  createContext(options: {
    readonly contextSize: number;
    readonly threads: number;
  }): Promise<{ getSequence(): LlamaSequence }>;
}

/** The tokens that a model has read. */
export interface LlamaSequence {
  readonly tokenMeter: { readonly usedInputTokens: number; readonly usedOutputTokens: number };
}

/** A conversation. */
export interface LlamaSession {
  setChatHistory(history: readonly LlamaTurn[]): void;
  promptWithMeta(
    text: string,
    options: {
      readonly grammar: unknown;
      readonly maxTokens: number;
      readonly temperature: 0;
      readonly signal: AbortSignal;
    },
  ): Promise<{ readonly responseText: string; readonly stopReason: string }>;
}

/** A turn of a conversation, as the package keeps it. */
export type LlamaTurn =
  | { readonly type: "system" | "user"; readonly text: string }
  | { readonly type: "model"; readonly response: readonly [string] };

/** The line that installs it, without compiling and without the builds for graphics cards. */
export function installLine(platform: string, architecture: string): string {
  const system: Readonly<Record<string, string>> = { darwin: "mac", win32: "win" };
  const binary = `@node-llama-cpp/${system[platform] ?? platform}-${architecture}`;
  return `npm i --no-save --omit=optional --ignore-scripts ${PACKAGE}@${VERSION} ${binary}@${VERSION}`;
}

/**
 * Loads the package.
 * @throws {ConfigError} with the line that installs it, when it is not there
 */
export async function loadLlamaRuntime(name: string = PACKAGE): Promise<LlamaRuntime> {
  const line = installLine(process.platform, process.arch);
  try {
    const found: unknown = await import(name);
    if (isRuntime(found)) return found;
  } catch (cause) {
    throw new ConfigError(`Cannot run a model file without the package ${PACKAGE}: ${line}`, {
      cause,
    });
  }
  throw new ConfigError(
    `Cannot use the installed ${PACKAGE}: expected version ${VERSION}: ${line}`,
  );
}

/** The package's own types are not there when it is not installed: what is used of it is looked for here. */
function isRuntime(found: unknown): found is LlamaRuntime {
  return (
    typeof found === "object" &&
    found !== null &&
    "getLlama" in found &&
    typeof found.getLlama === "function" &&
    "LlamaChatSession" in found &&
    typeof found.LlamaChatSession === "function"
  );
}
