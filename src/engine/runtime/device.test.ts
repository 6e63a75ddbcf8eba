import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { describe, test } from "node:test";
import { ConfigError } from "../../util/errors.ts";
import { openDevice, runtimeInfo } from "./device.ts";

describe("openDevice()", () => {
  test("is the CPU with every thread unless told otherwise", () => {
    assert.deepEqual(openDevice(), { provider: "cpu", threads: availableParallelism() });
    assert.deepEqual(openDevice({ threads: 1 }), { provider: "cpu", threads: 1 });
  });

  test("refuses a provider that this ONNX Runtime does not offer, naming those that it does", () => {
    const { providers } = runtimeInfo();
    assert.ok(providers.includes("cpu"));
    assert.throws(
      () => openDevice({ provider: "abacus" }),
      new ConfigError(
        `Cannot use device "abacus": this ONNX Runtime is built with ${providers.join(", ")}`,
      ),
    );
  });

  test("refuses threads that are not a whole number from 1", () => {
    for (const threads of [0, -1, 1.5, Number.NaN]) {
      const message = `Cannot use ${threads} threads: a whole number from 1 is expected`;
      assert.throws(() => openDevice({ threads }), new ConfigError(message));
    }
  });
});

describe("runtimeInfo()", () => {
  test("tells the version of ONNX Runtime", () => {
    assert.match(runtimeInfo().version, /^\d+\.\d+\.\d+/);
  });
});
