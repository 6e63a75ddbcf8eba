/** @file Where programs run: an execution provider of ONNX Runtime and its number of threads. */
import { availableParallelism } from "node:os";
import { env, listSupportedBackends } from "onnxruntime-node";
import { ConfigError } from "../../util/errors.ts";

/** A device and how it is used. */
export interface Device {
  /** The execution provider's name in ONNX Runtime, such as `cpu`. */
  readonly provider: string;
  /** Threads inside an operator. Results are bit-equal only between runs with the same number. */
  readonly threads: number;
}

/** What the installed ONNX Runtime is and offers. */
export interface RuntimeInfo {
  readonly version: string;
  readonly providers: readonly string[];
}

/** The installed ONNX Runtime's version and execution providers. */
export function runtimeInfo(): RuntimeInfo {
  return {
    version: env.versions.node ?? env.versions.common,
    providers: listSupportedBackends().map(({ name }) => name),
  };
}

/**
 * Checks a device that a user named.
 * @throws {ConfigError} when the provider is not in this build of ONNX Runtime, or the threads are not a whole number from 1
 */
export function openDevice({
  provider = "cpu",
  threads = availableParallelism(),
}: Partial<Device> = {}): Device {
  const { providers } = runtimeInfo();
  if (!providers.includes(provider)) {
    throw new ConfigError(
      `Cannot use device "${provider}": this ONNX Runtime is built with ${providers.join(", ")}`,
    );
  }
  if (!Number.isInteger(threads) || threads < 1) {
    throw new ConfigError(`Cannot use ${threads} threads: a whole number from 1 is expected`);
  }
  return { provider, threads };
}
