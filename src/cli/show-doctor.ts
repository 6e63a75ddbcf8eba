/** @file What `ecamp doctor` prints. */
import { examine, renderDoctorReport } from "../report/doctor.ts";
import { deviceOf } from "./device-option.ts";
import type { Terminal } from "./terminal.ts";

/** Examines the machine, prints the report, and returns whether the self-test passed. */
export async function showDoctor({
  device,
  threads,
  json,
  version,
  terminal,
}: {
  readonly device: string;
  readonly threads: number | undefined;
  readonly json: boolean;
  readonly version: string;
  readonly terminal: Terminal;
}): Promise<boolean> {
  const chosen = deviceOf({ device, threads });
  const report = await examine({
    ...{ version, device: chosen, clock: terminal.clock },
    folder: process.cwd(),
  });
  terminal.out(`${json ? JSON.stringify(report) : renderDoctorReport(report)}\n`);
  return report.selfTest.pass;
}
