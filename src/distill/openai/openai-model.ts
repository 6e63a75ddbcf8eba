/** @file A language model behind a server that speaks the protocol of OpenAI's chat completions, wherever it runs. */
import { OpenAI } from "openai";
import { z } from "zod";
import { ExecutionError } from "../../util/errors.ts";
import type { LanguageModel, Question, Reply } from "../llm/language-model.ts";
import { jsonIn } from "../llm/parse-answer.ts";
import { type Destination, requireAllowed } from "./base-url.ts";
import { describeFailure, type Failure } from "./describe-failure.ts";
import { createGuardedFetch, type GuardedFetch } from "./guarded-fetch.ts";
import { backOffMs, Pace, REAL_TIME, type Timing } from "./pace.ts";

/** Which model, where, and how it may be used. */
export interface OpenAiModelOptions extends Destination {
  readonly model: string;
  /** Questions at a time. */
  readonly concurrency: number;
  /** Requests a minute; undefined for no limit. */
  readonly perMinute?: number | undefined;
  /** How long one request may take. */
  readonly timeoutMs: number;
  /** What a million tokens cost, read and written, in any currency. */
  readonly prices?: { readonly in: number; readonly out: number } | undefined;
  readonly timing?: Timing;
}

/** How often a request is sent that fails in a way that may pass. */
const MAX_ATTEMPTS = 5;

/** The longest answer that is read: far more than any that was asked for. */
const MAX_ANSWER_BYTES = 4 * 2 ** 20;

/** Statuses by which servers say that they do not know how to hold a model to a schema. */
const UNKNOWN_FORMAT: ReadonlySet<number> = new Set([400, 404, 415, 422, 500, 501]);

/** Statuses by which servers refuse one question, where they have answered another: a filter, a length, a form. */
const REFUSES_QUESTION: ReadonlySet<number> = new Set([400, 413, 422]);

/** Asked once, before any sentence of a report: is the model there, and can it be held to a schema? */
const PROBE: Question = {
  messages: [{ role: "user", text: 'Answer with this JSON object: {"ready":"yes"}' }],
  schema: {
    type: "object",
    properties: { ready: { type: "string", enum: ["yes"] } },
    required: ["ready"],
    additionalProperties: false,
  },
  maxTokens: 50,
};

const probeSchema = z.object({ ready: z.literal("yes") });

const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z
    .object({ prompt_tokens: z.number().catch(0), completion_tokens: z.number().catch(0) })
    .nullish(),
});

type Format = "schema" | "text";

/**
 * Opens the model; nothing is sent before the first question.
 * @throws {ConfigError} when it is on another machine and nobody allowed that, or its key would go there unencrypted
 */
export function openAiModel(options: OpenAiModelOptions): LanguageModel {
  requireAllowed(options);
  return new OpenAiModel(options);
}

class OpenAiModel implements LanguageModel {
  readonly provider = "openai";
  readonly model: string;
  readonly concurrency: number;
  readonly #options: OpenAiModelOptions;
  readonly #timing: Timing;
  readonly #pace: Pace;
  readonly #guarded: GuardedFetch;
  readonly #client: OpenAI;
  readonly #closed = new AbortController();
  readonly #used = { requests: 0, tokensIn: 0, tokensOut: 0 };
  #format: Promise<Format> | undefined;

  constructor(options: OpenAiModelOptions) {
    const { address, apiKey, model, concurrency, timeoutMs, perMinute } = options;
    this.#options = options;
    this.model = model;
    this.concurrency = concurrency;
    this.#timing = options.timing ?? REAL_TIME;
    this.#pace = new Pace(perMinute, this.#timing);
    this.#guarded = createGuardedFetch({ address, apiKey, maxBytes: MAX_ANSWER_BYTES });
    this.#client = new OpenAI({
      // Everything that the library would otherwise take from the environment is named. The fetch sends the key, if any, and
      // none of the library's headers, which may come from there too.
      baseURL: address.baseUrl,
      apiKey: "unused",
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      logLevel: "off",
      maxRetries: 0,
      timeout: timeoutMs,
      fetch: this.#guarded.fetch,
    });
  }

  async ask(question: Question, signal?: AbortSignal): Promise<Reply> {
    const either = AbortSignal.any([this.#closed.signal, ...(signal ? [signal] : [])]);
    this.#format ??= this.#probe(either);
    const format = await this.#format;
    let outcome = await this.#askPatiently(question, format, either);
    if (isRefused(outcome) && format === "schema") {
      outcome = await this.#askPatiently(question, "text", either);
    }
    if (outcome.kind !== "failure") return outcome;
    if (isRefused(outcome)) return { kind: "rejected", what: outcome.what };
    throw this.#failed(outcome);
  }

  usage(): string {
    const { requests, tokensIn, tokensOut } = this.#used;
    const { prices } = this.#options;
    const cost = prices && (tokensIn * prices.in + tokensOut * prices.out) / 1e6;
    const tokens = `${requests} requests, ${tokensIn} tokens in, ${tokensOut} out`;
    return cost === undefined ? tokens : `${tokens}, which cost ${cost.toFixed(4)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new ExecutionError("Cannot ask the model: it was closed"));
    this.#guarded[Symbol.dispose]();
  }

  async #probe(signal: AbortSignal): Promise<Format> {
    const first = await this.#askPatiently(PROBE, "schema", signal);
    if (first.kind === "failure") {
      if (!UNKNOWN_FORMAT.has(first.status ?? 0)) throw this.#failed(first);
      const second = await this.#askPatiently(PROBE, "text", signal);
      if (second.kind === "failure") throw this.#failed(second);
      return "text";
    }
    const answer = first.kind === "text" ? jsonIn(first.text)?.value : undefined;
    return probeSchema.safeParse(answer).success ? "schema" : "text";
  }

  async #askPatiently(
    question: Question,
    format: Format,
    signal: AbortSignal,
  ): Promise<Reply | Failure> {
    for (let attempt = 1; ; attempt++) {
      await this.#pace.turn(signal);
      const outcome = await this.#send(question, format, signal);
      if (outcome.kind !== "failure" || !outcome.mayPass) return outcome;
      if (attempt === MAX_ATTEMPTS) {
        return { ...outcome, what: `${outcome.what}, ${MAX_ATTEMPTS} times over` };
      }
      await this.#timing.sleep(outcome.waitMs ?? backOffMs(attempt - 1), signal);
    }
  }

  async #send(question: Question, format: Format, signal: AbortSignal): Promise<Reply | Failure> {
    signal.throwIfAborted();
    this.#used.requests += 1;
    const { schema, messages, maxTokens } = question;
    try {
      const completion: unknown = await this.#client.chat.completions.create(
        {
          model: this.model,
          messages: messages.map(({ role, text }) => ({ role, content: text })),
          temperature: 0,
          max_tokens: maxTokens,
          ...(format === "schema" && {
            response_format: {
              type: "json_schema",
              json_schema: { name: "answer", strict: true, schema: { ...schema } },
            },
          }),
        },
        { signal },
      );
      return this.#read(completion);
    } catch (error) {
      signal.throwIfAborted();
      const failure = describeFailure(error, new Date());
      if (failure === undefined) throw error;
      return failure;
    }
  }

  #read(completion: unknown): Reply | Failure {
    const parsed = completionSchema.safeParse(completion);
    const [choice] = parsed.data?.choices ?? [];
    if (choice === undefined) {
      const found = typeof completion === "string" ? "not JSON by its type" : "without a choice";
      const what = `its answer is not of the protocol: ${found}`;
      return { kind: "failure", what, mayPass: true };
    }
    this.#used.tokensIn += parsed.data?.usage?.prompt_tokens ?? 0;
    this.#used.tokensOut += parsed.data?.usage?.completion_tokens ?? 0;
    const { finish_reason: end, message } = choice;
    if ((message.refusal ?? "") !== "" || end === "content_filter") return { kind: "refusal" };
    return { kind: end === "length" ? "cut" : "text", text: message.content ?? "" };
  }

  #failed({ what }: Failure): ExecutionError {
    const { address, model } = this.#options;
    return new ExecutionError(`Cannot ask the model "${model}" at ${address.host}: ${what}`);
  }
}

/** Is it this question that the server does not take, rather than any? The first one it took. */
function isRefused(outcome: Reply | Failure): boolean {
  return outcome.kind === "failure" && REFUSES_QUESTION.has(outcome.status ?? 0);
}
