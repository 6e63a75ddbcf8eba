/**
 * @file The only connections of this program: `fetch` over node:http for one server, which follows no redirect, uses no proxy,
 * sends no header that was not asked for, reads a bounded answer, and for this machine's own address never leaves it.
 */
import { type LookupAddress, lookup as lookupName } from "node:dns";
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { ExecutionError } from "../../util/errors.ts";
import { isLoopbackAddress, type ServerAddress } from "./base-url.ts";

/** How requests are guarded. */
export interface GuardedFetchOptions {
  readonly address: ServerAddress;
  /** Sent as a bearer token; nothing is sent without. */
  readonly apiKey: string | undefined;
  /** The longest answer that is read. */
  readonly maxBytes: number;
  /** Resolves the name of the host. */
  readonly lookup?: LookupFunction;
}

/** A `fetch` for one server, and the connections that it holds. */
export interface GuardedFetch extends Disposable {
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
}

interface Connection {
  readonly agent: HttpAgent;
  readonly options: GuardedFetchOptions;
}

/** Opens a guarded `fetch`. Environment variables such as HTTP_PROXY mean nothing to it. */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { address, lookup = lookupName } = options;
  const agent = address.isEncrypted
    ? new HttpsAgent({ keepAlive: true, rejectUnauthorized: true })
    : new HttpAgent({ keepAlive: true });
  const guarded = {
    ...options,
    lookup: address.isLoopback ? loopbackOnly(lookup) : lookup,
  };
  return {
    fetch: (input, init = {}) => send(new URL(urlOf(input)), init, { agent, options: guarded }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function urlOf(input: string | URL | Request): string | URL {
  return typeof input === "string" || input instanceof URL ? input : input.url;
}

/** Keeps, of what a name resolves to, the addresses of this machine: a changed hosts file does not send reports elsewhere. */
function loopbackOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const addresses: readonly LookupAddress[] = Array.isArray(found) ? found : [];
      const own = addresses.filter(({ address }) => isLoopbackAddress(address));
      const [first] = own;
      if (first === undefined) {
        const reason = `"${hostname}" resolves to no loopback address on this machine`;
        return done(new ExecutionError(reason), []);
      }
      if (options.all === true) done(null, own);
      else done(null, first.address, first.family);
    });
  };
}

async function send(url: URL, init: RequestInit, connection: Connection): Promise<Response> {
  const { address } = connection.options;
  if (`${url.origin}${url.pathname}`.startsWith(`${address.baseUrl}/`)) {
    const message = await exchange(url, init, connection);
    return readResponse(message, connection.options.maxBytes);
  }
  throw new ExecutionError(`a request to ${url.host} was refused: it is not ${address.host}`);
}

async function exchange(
  url: URL,
  init: RequestInit,
  connection: Connection,
): Promise<IncomingMessage> {
  const { agent, options } = connection;
  const request = options.address.isEncrypted ? requestHttps : requestHttp;
  const body = init.body ?? "";
  if (typeof body !== "string") {
    throw new TypeError(`Cannot send a request to ${url.host}: expected its body as text`);
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: init.method ?? "GET",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        ...(options.apiKey !== undefined && { authorization: `Bearer ${options.apiKey}` }),
      },
      agent,
      ...(options.lookup !== undefined && { lookup: options.lookup }),
      ...(init.signal != null && { signal: init.signal }),
    });
    sent.on("response", resolve);
    sent.on("error", reject);
    sent.end(body);
  });
}

async function readResponse(message: IncomingMessage, maxBytes: number): Promise<Response> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= maxBytes) continue;
    message.destroy();
    throw new ExecutionError(`its answer is longer than ${maxBytes} bytes`);
  }
  const status = message.statusCode ?? 0;
  // A redirect is an answer like any other here; whoever asked sees its status.
  const isEmpty = status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : Buffer.concat(chunks), {
    status,
    headers: keptHeaders(message),
  });
}

/** What of an answer's headers is read by anyone. */
const READ_HEADERS = ["content-type", "retry-after"] as const;

function keptHeaders({ headers }: IncomingMessage): Record<string, string> {
  const kept = READ_HEADERS.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(
    kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
