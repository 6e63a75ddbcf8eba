/** @file From `--device` and `--threads` to a device. */
import { availableParallelism } from "node:os";
import { type Device, openDevice } from "../engine/runtime/device.ts";

/** The device that was asked for; one thread for every core unless a number is given. Throws `ConfigError` when there is none. */
export function deviceOf({
  device,
  threads = availableParallelism(),
}: {
  readonly device: string;
  readonly threads?: number | undefined;
}): Device {
  return openDevice({ provider: device, threads });
}
