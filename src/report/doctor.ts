/** @file What this machine is and can do: the report of `ecamp doctor`, gathered and printed. */
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { type Device, runtimeInfo } from "../engine/runtime/device.ts";
import { freeBytes } from "../tasks/disk-space.ts";
import { ASSUMED_WORDS, checkpointSizes } from "./checkpoint-sizes.ts";
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
  /** Bytes that are free where the command runs; undefined where the system does not say. */
  readonly diskFree: number | undefined;
  /** Bytes of a checkpoint by the name of the model's size. */
  readonly checkpoints: Readonly<Record<string, number>>;
  /** Execution providers that this build of ONNX Runtime was built with; whether their libraries are here, it does not say. */
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
  folder,
  clock,
}: {
  readonly version: string;
  readonly device: Device;
  /** Whose disk is looked at. */
  readonly folder: string;
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
    diskFree: await freeBytes(folder),
    checkpoints: checkpointSizes(),
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
    ["disk", diskText(report)],
    ["onnxruntime", `${versions.onnxruntime}, built with ${report.providers.join(", ")}`],
    ["", "whether one works here, --device tries: most need a device and libraries of their own"],
    [
      "device",
      `${device.provider}, ${device.threads} ${device.threads === 1 ? "thread" : "threads"}`,
    ],
    ["matrix products", `${report.gemm.toFixed(0)} GFLOP/s`],
    [
      "self-test",
      `${found.pass ? "pass" : "FAIL"}: a training step lowers the loss by ${found.decreaseRatio.toFixed(3)} of what its gradient predicts, ${found.repeatable ? "repeatably" : "NOT repeatably"}`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join("\n");
}

/** `123.4 GB free here; a checkpoint takes 1.9 GB (base), … with 30,000 words` */
function diskText({ diskFree, checkpoints }: DoctorReport): string {
  const free = diskFree === undefined ? "free space not known" : `${gigabytes(diskFree)} free here`;
  const sizes = Object.entries(checkpoints).map(([name, bytes]) => `${gigabytes(bytes)} (${name})`);
  return `${free}; a checkpoint takes ${sizes.join(", ")} with ${ASSUMED_WORDS.toLocaleString("en-US")} words`;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 1)} GB`;
