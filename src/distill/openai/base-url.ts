/** @file The address of a model's server: where reports go, and whether that is this machine. */
import { isIP, isIPv4 } from "node:net";
import { ConfigError } from "../../util/errors.ts";

/** A server's address. */
export interface ServerAddress {
  /** Without a slash at the end, such as `http://127.0.0.1:8080/v1`. */
  readonly baseUrl: string;
  /** With its port, as messages name it. */
  readonly host: string;
  /** Is it, by its very spelling, this machine? `127.0.0.0/8`, `::1` or `localhost`. */
  readonly isLoopback: boolean;
  /** Is what is sent there encrypted on its way? */
  readonly isEncrypted: boolean;
}

const EXPECTED = "expected one such as http://127.0.0.1:8080/v1";

/**
 * Reads an address as the network will: `http://127.1@example.org` is example.org, `http://2130706433` is 127.0.0.1.
 * @throws {ConfigError} when it is no address of an HTTP server, or carries a name, a password, a query or a fragment
 */
export function parseBaseUrl(text: string): ServerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ConfigError(`Cannot use --base-url: it is not an http(s) address, ${EXPECTED}`);
  }
  if (url.username !== "" || url.password !== "") {
    // Not quoted: it may hold a key.
    throw new ConfigError(
      "Cannot use --base-url: a name or password stands before its host; a key is given with --api-key-file",
    );
  }
  if (url.search !== "" || url.hash !== "") {
    throw new ConfigError(`Cannot use --base-url: it has a query or a fragment, ${EXPECTED}`);
  }
  return {
    baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    host: url.host,
    isLoopback: isLoopbackHost(url.hostname),
    isEncrypted: url.protocol === "https:",
  };
}

/** What may be sent where. */
export interface Destination {
  readonly address: ServerAddress;
  /** May reports go to a machine that is not this one? */
  readonly allowRemote: boolean;
  readonly apiKey?: string | undefined;
}

/**
 * Refuses what nobody allowed: another machine, and in any case a key that anyone on the way there could read.
 * @throws {ConfigError}
 */
export function requireAllowed({ address, allowRemote, apiKey }: Destination): void {
  const { host, isLoopback, isEncrypted } = address;
  if (isLoopback) return;
  if (!allowRemote) {
    throw new ConfigError(
      `Cannot use the server ${host}: it is not this machine (127.0.0.0/8, ::1 or localhost), and sentences of reports would be sent there; --allow-remote allows that`,
    );
  }
  if (apiKey !== undefined && !isEncrypted) {
    throw new ConfigError(
      `Cannot send a key to ${host} unencrypted: anyone on the way could read it; use an https address, or no key`,
    );
  }
}

/**
 * Is a host, as `URL` normalises it, literally of this machine? Other names may resolve to it, and other spellings (IPv4 within
 * IPv6, `0.0.0.0`) may lead to it; those are refused rather than reasoned about.
 */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || isLoopbackIPv4(hostname);
}

/** Is an address that a name was resolved to one of this machine? */
export function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && (address === "::1" || isLoopbackIPv4(address));
}

function isLoopbackIPv4(address: string): boolean {
  return isIPv4(address) && address.startsWith("127.");
}
