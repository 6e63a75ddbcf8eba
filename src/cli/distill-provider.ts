/** @file Opens the provider that options of `ecamp distill` name, with the lexicon that its findings are checked by. */
import { createFindingCheck, type FindingChecker } from "../distill/check-finding.ts";
import type { LanguageModel } from "../distill/llm/language-model.ts";
import type { AskedFor } from "../distill/llm/prompt.ts";
import type { DistillProvider } from "../distill/provider.ts";
import { rulesProvider } from "../distill/rules-provider.ts";
import type { ReportSource } from "../tasks/distill/report-source.ts";
import { loadLexicon } from "../tasks/load-lexicon.ts";
import { CHEST_LEXICON } from "../text/lexicons/chest.ts";
import { UsageError } from "../util/errors.ts";
import type { LanguageModelOptions, ProviderName } from "./distill-options.ts";
import { openServer } from "./distill-server.ts";
import type { ArgsOf } from "./option.ts";

/** What options say of a language model. */
export type LanguageModelArgs = ArgsOf<LanguageModelOptions, Record<never, never>>;

/** What options say of the provider. */
export interface ProviderArgs extends LanguageModelArgs {
  readonly provider: ProviderName;
  /** `chest`, `fundus`, or a file. */
  readonly lexicon: string;
}

/** For what a provider is opened. */
export interface ProviderUse {
  readonly source: ReportSource;
  /** Told what a person should know. */
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** A provider, and the check of what it finds. */
export interface OpenedProvider {
  readonly provider: DistillProvider;
  readonly check: (report: string) => FindingChecker;
}

/**
 * Opens a provider.
 * @throws {UsageError} when an option is missing, or says nothing of this provider
 * @throws {ConfigError} when the lexicon, the key or the model cannot be read, or reports would leave this machine unasked
 */
export async function openProvider(args: ProviderArgs, use: ProviderUse): Promise<OpenedProvider> {
  refuseStrayOptions(args);
  const { lexicon = CHEST_LEXICON } = await loadLexicon(args.lexicon);
  const check = createFindingCheck(lexicon, { allowsNewEntities: args.assist });
  if (args.provider === "rules") return { provider: rulesProvider(lexicon), check };
  const asked = askedFor(args);
  const { languageModelProvider } = await import("../distill/llm/language-model-provider.ts");
  const model = await openModel(args, use);
  return { provider: languageModelProvider({ model, lexicon, asked }), check };
}

function openModel(args: ProviderArgs, use: ProviderUse): Promise<LanguageModel> {
  return args.provider === "gguf" ? openFile(args, use) : openServer(args, use);
}

async function openFile(
  { model, threads = 1 }: ProviderArgs,
  { signal }: ProviderUse,
): Promise<LanguageModel> {
  if (model === undefined || model === "") {
    throw new UsageError("Cannot use --provider gguf: name the model's file with --model");
  }
  const { ggufModel } = await import("../distill/gguf/gguf-model.ts");
  return ggufModel({ file: model, threads, signal });
}

function askedFor({ assist, free }: ProviderArgs): AskedFor {
  if (assist && free) {
    throw new UsageError(
      "Cannot use --assist with --free: a model that only proposes entities writes no sentences",
    );
  }
  if (assist) return "assist";
  return free ? "free" : "findings";
}

/** Which options say something of which provider. */
const OPTIONS_OF: Readonly<Record<ProviderName, readonly string[]>> = {
  rules: [],
  openai:
    "model base-url api-key-file allow-remote concurrency rate timeout price-in price-out assist free".split(
      " ",
    ),
  gguf: ["model", "threads", "assist", "free"],
};

function refuseStrayOptions(args: ProviderArgs): void {
  const given: Readonly<Record<string, unknown>> = {
    ...{ model: args.model, "base-url": args.baseUrl, "api-key-file": args.apiKeyFile },
    ...{ "allow-remote": args.allowRemote, concurrency: args.concurrency, rate: args.rate },
    ...{ timeout: args.timeout, "price-in": args.priceIn, "price-out": args.priceOut },
    ...{ threads: args.threads, assist: args.assist, free: args.free },
  };
  const own = OPTIONS_OF[args.provider];
  const stray = Object.keys(given).find((name) => {
    const value = given[name];
    return value !== undefined && value !== false && !own.includes(name);
  });
  if (stray === undefined) return;
  throw new UsageError(`Cannot use --${stray}: it says nothing of --provider ${args.provider}`);
}
