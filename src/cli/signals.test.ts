import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { watchSignals } from "./signals.ts";

function watch() {
  const source = new EventEmitter();
  const exits: number[] = [];
  const said: string[] = [];
  const interruption = watchSignals({
    source,
    exit: (status) => exits.push(status),
    say: (text) => said.push(text),
  });
  return { source, exits, said, interruption };
}

test("watchSignals() ends a command that does not stop gracefully at once", () => {
  const { source, exits, interruption } = watch();
  source.emit("SIGTERM");
  assert.deepEqual(exits, [143]);
  assert.equal(interruption.signal.aborted, false);
});

test("watchSignals() first asks a command that stops gracefully, then insists", () => {
  const { source, exits, said, interruption } = watch();
  interruption.stopGracefully();
  source.emit("SIGINT");
  assert.deepEqual(exits, []);
  assert.equal(interruption.signal.aborted, true);
  assert.equal(interruption.status(), 130);
  assert.match(said.join(""), /press Ctrl-C again to stop at once/);
  source.emit("SIGINT");
  assert.deepEqual(exits, [130]);
});

test("watchSignals() stops at once at any second signal, however late and of whichever name", () => {
  for (const [first, second, status] of [
    ["SIGTERM", "SIGTERM", 143],
    ["SIGTERM", "SIGINT", 130],
    ["SIGINT", "SIGTERM", 143],
  ] as const) {
    const { source, exits, said, interruption } = watch();
    interruption.stopGracefully();
    source.emit(first);
    assert.deepEqual(exits, []);
    source.emit(second);
    assert.deepEqual(exits, [status]);
    assert.equal(said.length, 1);
  }
});

test("watchSignals() takes a reader that left for a request to stop, without a failure", () => {
  const plain = watch();
  plain.interruption.readerLeft();
  assert.deepEqual(plain.exits, [0]);
  const { source, exits, interruption } = watch();
  interruption.stopGracefully();
  interruption.readerLeft();
  interruption.readerLeft(); // every further line says so again
  assert.deepEqual(exits, []);
  assert.deepEqual([interruption.signal.aborted, interruption.status()], [true, 0]);
  source.emit("SIGINT");
  assert.deepEqual(exits, [130]);
});
