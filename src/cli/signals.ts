/** @file Ctrl-C and SIGTERM: ask a command that can stop in good order to do so, end any other at once. */

/** What a process is to this file, so that a test can stand in for it. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

/** The exit statuses that shells expect of an interrupted program. */
const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

/** The state of a program that may be interrupted. */
export interface Interruption {
  /** Aborted when a command that stops in good order is asked to. */
  readonly signal: AbortSignal;
  /** From now on the first signal asks instead of ending the process. */
  readonly stopGracefully: () => void;
  /** To be told when nobody reads the results any more, as after `| head -1`: nothing is wrong, but there is no more to do. */
  readonly readerLeft: () => void;
  /** The status to exit with once the command has wound down, when it was asked to. */
  readonly status: () => number | undefined;
}

/** Listens for both signals. */
export function watchSignals({
  source,
  exit,
  say,
}: {
  readonly source: SignalSource;
  /** Ends the process at once. */
  readonly exit: (status: number) => void;
  /** Tells the person what happens now. */
  readonly say: (text: string) => void;
}): Interruption {
  const controller = new AbortController();
  let graceful = false;
  let status: number | undefined;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    source.on(name, () => {
      if (!graceful || controller.signal.aborted) return exit(STATUS[name]);
      status = STATUS[name];
      say("\nStopping in good order; press Ctrl-C again to stop at once\n");
      controller.abort();
    });
  }
  return {
    signal: controller.signal,
    stopGracefully: () => {
      graceful = true;
    },
    readerLeft: () => {
      if (!graceful) return exit(0);
      status ??= 0;
      controller.abort();
    },
    status: () => status,
  };
}
