/** @file `ecamp doctor`. */
import { type Command, defineCommand } from "../command.ts";

/** Says what this machine is and can do. */
export const doctor: Command = defineCommand({
  path: ["doctor"],
  summary: "what this machine can do: devices, speed, a self-test",
  description: `Prints the versions, the processor, memory and free disk, the devices that the installed ONNX Runtime was built with,
the speed of matrix products on the one that --device names, and the outcome of a self-test: one training step of a very
small model, whose loss must fall as its gradient predicts. The status is 0 when the self-test passes. Paste it into a bug report: it names no file.`,
  positionals: {},
  options: {
    device: { type: "string", default: "cpu", help: "the execution provider to try" },
    threads: { type: "integer", min: 1, help: "its threads; one for every core if absent" },
    json: { type: "boolean", help: "print JSON" },
  },
  examples: [{ line: "doctor", does: "what can this machine do?" }],
  run: async (args, { terminal, version }) => {
    const { showDoctor } = await import("../show-doctor.ts");
    return (await showDoctor({ ...args, version, terminal })) ? 0 : 1;
  },
});
