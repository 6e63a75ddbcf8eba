import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { examine, renderDoctorReport } from "./doctor.ts";
import { selfTest } from "./self-test.ts";

test("selfTest() passes on the CPU: the loss falls as the gradient predicts, twice alike", async () => {
  const found = await selfTest({ provider: "cpu", threads: 1 });
  assert.ok(found.repeatable);
  assert.ok(Math.abs(found.decreaseRatio - 1) < 0.05, `ratio ${found.decreaseRatio}`);
  assert.ok(found.pass);
  assert.ok(found.loss > 1 && found.loss < 20, `loss ${found.loss}`);
});

test("examine() and renderDoctorReport() say what the machine is", async () => {
  const time = { ms: 0 };
  const report = await examine({
    version: "1.2.3",
    device: { provider: "cpu", threads: 1 },
    folder: tmpdir(),
    clock: () => {
      time.ms += 500;
      return time.ms;
    },
  });
  assert.ok(report.providers.includes("cpu"));
  assert.equal(report.gemm, (2 * 1024 ** 3) / 500e6);
  const text = renderDoctorReport(report);
  assert.match(text, /^ecamp +1\.2\.3$/m);
  assert.match(text, /^device +cpu, 1 thread$/m);
  assert.match(text, /^onnxruntime +\d+\.\d+\.\d+, built with cpu(?:, \w+)*$/m);
  assert.match(text, /^ +whether one works here, --device tries: /m);
  assert.match(
    text,
    /^disk +\d+\.\d+ GB free here; a checkpoint takes 1\.9 GB \(base\), 0\.55 GB/m,
  );
  assert.equal(report.diskFree !== undefined && report.diskFree > 0, true);
  const unknown = renderDoctorReport({ ...report, diskFree: undefined });
  assert.match(unknown, /^disk +free space not known; a checkpoint takes /m);
  assert.match(text, /^self-test +pass: /m);
});
