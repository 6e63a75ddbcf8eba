/** @file Opens the server that options of `ecamp distill` name, unless reports would leave this machine unasked. */
import { readFile, stat } from "node:fs/promises";
import type { LanguageModel } from "../distill/llm/language-model.ts";
import { type Destination, parseBaseUrl, requireAllowed } from "../distill/openai/base-url.ts";
import { ConfigError, describeError, UsageError } from "../util/errors.ts";
import type { LanguageModelArgs, ProviderUse } from "./distill-provider.ts";

const TIMEOUT_SECONDS = 120;

/** Opens the model of a server. Nothing is sent yet. */
export async function openServer(
  args: LanguageModelArgs,
  use: ProviderUse,
): Promise<LanguageModel> {
  const { baseUrl, model, concurrency = 1, rate, timeout = TIMEOUT_SECONDS } = args;
  if (baseUrl === undefined || model === undefined || model === "") {
    const missing = baseUrl === undefined ? "the server with --base-url" : "its model with --model";
    throw new UsageError(`Cannot use --provider openai: name ${missing}; there is no default`);
  }
  const address = parseBaseUrl(baseUrl);
  const apiKey = args.apiKeyFile === undefined ? undefined : await readKey(args.apiKeyFile);
  const destination = { address, apiKey, allowRemote: args.allowRemote };
  if (!address.isLoopback) await sayWhatLeaves(destination, use);
  const { openAiModel } = await import("../distill/openai/openai-model.ts");
  return openAiModel({
    ...{ ...destination, model, concurrency, perMinute: rate },
    timeoutMs: timeout * 1000,
    prices: pricesOf(args),
  });
}

function pricesOf({ priceIn, priceOut }: LanguageModelArgs) {
  if (priceIn === undefined && priceOut === undefined) return undefined;
  return { in: priceIn ?? 0, out: priceOut ?? 0 };
}

/** Says what leaves this machine; refuses, with that, unless it was allowed. */
async function sayWhatLeaves(
  destination: Destination,
  { source, note, signal }: ProviderUse,
): Promise<void> {
  const { host, isEncrypted } = destination.address;
  const count = await countReports(source, signal);
  const what = `sentences of ${count} reports of "${source.name}"${source.isPrivate ? ", which is private," : ""}`;
  const how = isEncrypted ? "" : ", unencrypted";
  if (!destination.allowRemote) {
    throw new ConfigError(
      `Cannot use the server ${host}: it is not this machine (127.0.0.0/8, ::1 or localhost), and ${what} would be sent there${how}; --allow-remote allows that`,
    );
  }
  requireAllowed(destination);
  note(`Sending ${what} to ${host}${how}, as --allow-remote says`);
}

async function countReports(source: ProviderUse["source"], signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const { report = "" } of source.reports(signal)) {
    if (report.trim() !== "") count += 1;
  }
  return count;
}

const MAX_KEY_BYTES = 8192;

/** Reads the key; no message quotes it. */
async function readKey(file: string): Promise<string> {
  const attempt = `Cannot read the key in "${file}"`;
  const text = await readBounded(file).catch((cause: unknown) => {
    throw new ConfigError(`${attempt}: ${describeError(cause)}`, { cause });
  });
  const key = text?.trim() ?? "";
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new ConfigError(`${attempt}: expected one line with the key and nothing else`);
}

async function readBounded(file: string): Promise<string | undefined> {
  const found = await stat(file);
  if (!found.isFile() || found.size > MAX_KEY_BYTES) return undefined;
  return readFile(file, "utf8");
}
