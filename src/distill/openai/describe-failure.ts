/** @file Why a request failed, in words that quote nothing of what was sent: servers like to repeat it in their messages. */
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from "openai";
import { systemErrorCode } from "../../util/atomic-file.ts";
import { EcampError } from "../../util/errors.ts";
import { LONGEST_ASKED_MS, retryAfterMs } from "./pace.ts";

/** A failure. */
export interface Failure {
  readonly kind: "failure";
  /** What happened, for the end of a sentence. */
  readonly what: string;
  /** The status of the answer, where there was one. */
  readonly status?: number;
  /** Is it worth another attempt? */
  readonly mayPass: boolean;
  /** How long the server asks to wait. */
  readonly waitMs?: number;
}

/** Reads what the client threw; undefined for what is no failure of the server, such as an abort. */
export function describeFailure(error: unknown, now: Date): Failure | undefined {
  if (error instanceof APIUserAbortError) return undefined;
  if (error instanceof APIConnectionTimeoutError) {
    return { kind: "failure", what: "no answer in time (see --timeout)", mayPass: true };
  }
  if (error instanceof APIConnectionError) return connectionFailure(error);
  if (error instanceof APIError && error.status !== undefined) return statusFailure(error, now);
  if (error instanceof SyntaxError) {
    return {
      kind: "failure",
      what: "its answer is not JSON, whatever its type says",
      mayPass: true,
    };
  }
  return undefined;
}

function connectionFailure({ cause }: APIConnectionError): Failure {
  const own = causeOf(cause, (each) => (each instanceof EcampError ? each.message : undefined));
  if (own !== undefined) return { kind: "failure", what: own, mayPass: false };
  const code = causeOf(cause, systemErrorCode);
  const hint = code === "ECONNREFUSED" ? "; is the server running?" : "";
  const what = `the connection failed${code === undefined ? "" : ` (${code})`}${hint}`;
  return { kind: "failure", what, mayPass: true };
}

/** The first thing that something in a chain of causes has to say. */
function causeOf<T>(error: unknown, say: (error: unknown) => T | undefined): T | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const said = say(each);
    if (said !== undefined) return said;
  }
  return undefined;
}

const HINTS: Readonly<Record<number, string>> = {
  401: "; give a key with --api-key-file",
  403: "; the key may not do this",
  404: "; does --base-url end as the server wants it (often /v1), and does it know --model?",
};

function statusFailure(error: APIError, now: Date): Failure {
  const { status = 0, code, headers } = error;
  const isRedirect = status >= 300 && status < 400;
  const hint = isRedirect ? ": a redirect, which is not followed" : (HINTS[status] ?? "");
  // A code is one word by the protocol; what is longer may be a message.
  const word = typeof code === "string" && /^[a-z0-9_]{1,40}$/i.test(code) ? ` (${code})` : "";
  const waitMs = retryAfterMs(headers?.get("retry-after") ?? null, now);
  const isTooLong = (waitMs ?? 0) > LONGEST_ASKED_MS;
  const wait = isTooLong ? `; it asks to come back in ${Math.round((waitMs ?? 0) / 1000)} s` : "";
  return {
    kind: "failure",
    what: `HTTP ${status}${word}${hint}${wait}`,
    status,
    mayPass: !isTooLong && (status === 408 || status === 409 || status === 429 || status >= 500),
    ...(waitMs !== undefined && { waitMs }),
  };
}
