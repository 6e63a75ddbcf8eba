/** @file What this machine is and can do: the report of `ecamp doctor`, gathered and printed. */
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { type Device, runtimeInfo } from "../engine/runtime/device.ts";
import { measureGemm } from "./measure-gemm.ts";
import { type SelfTest, selfTest } from "./self-test.ts";

/** The report of `ecamp doctor`. */
export interface DoctorReport {
  /** The version of ecamp, of Node and of ONNX Runtime. */
  readonly versions: {
    readonly ecamp: string;
    readonly node: string;
    readonly onnxruntime: string;
  };
  /** Such as `linux x64`. */
  readonly platform: string;
  readonly cpu: { readonly model: string; readonly cores: number };
  /** In GiB. */
  readonly memory: { readonly total: number; readonly free: number };
  /** Execution providers that this build of ONNX Runtime offers. */
  readonly providers: readonly string[];
  readonly device: Device;
  /** Speed of f32 matrix products on the device, in GFLOP/s. */
  readonly gemm: number;
  readonly selfTest: SelfTest;
}

/** Looks at the machine and tries the device; takes a few seconds. */
export async function examine({
  version,
  device,
  clock,
}: {
  readonly version: string;
  readonly device: Device;
  /** Milliseconds. */
  readonly clock: () => number;
}): Promise<DoctorReport> {
  const { version: onnxruntime, providers } = runtimeInfo();
  const gib = (bytes: number) => bytes / 2 ** 30;
  return {
    versions: { ecamp: version, node: process.versions.node, onnxruntime },
    platform: `${process.platform} ${process.arch}`,
    cpu: { model: cpus()[0]?.model.trim() ?? "unknown", cores: availableParallelism() },
    memory: { total: gib(totalmem()), free: gib(freemem()) },
    providers,
    device,
    gemm: await measureGemm({ device, clock }),
    selfTest: await selfTest(device),
  };
}

/** The report as lines for a person. */
export function renderDoctorReport(report: DoctorReport): string {
  const { versions, cpu, memory, device, selfTest: found } = report;
  const rows: readonly (readonly [string, string])[] = [
    ["ecamp", versions.ecamp],
    ["node", `${versions.node}, ${report.platform}`],
    ["cpu", `${cpu.model}, ${cpu.cores} ${cpu.cores === 1 ? "core" : "cores"}`],
    ["memory", `${memory.total.toFixed(1)} GiB, ${memory.free.toFixed(1)} free`],
    ["onnxruntime", `${versions.onnxruntime}, offers ${report.providers.join(", ")}`],
    ["device", `${device.provider}, ${device.threads} threads`],
    ["matrix products", `${report.gemm.toFixed(0)} GFLOP/s`],
    [
      "self-test",
      `${found.pass ? "pass" : "FAIL"}: a training step lowers the loss by ${found.decreaseRatio.toFixed(3)} of what its gradient predicts, ${found.repeatable ? "repeatably" : "NOT repeatably"}`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join("\n");
}
