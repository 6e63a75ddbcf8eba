import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, formatRate, startProgress, withProgress } from "./progress.ts";
import { recordedTerminal } from "./terminal.ts";

test("startProgress() prints one calm line in half a minute where nobody watches, and a last one", () => {
  const time = { ms: 0 };
  const terminal = recordedTerminal({ clock: () => time.ms });
  const progress = startProgress(terminal, { label: "pretrain", total: 100, unit: "steps" });
  for (let step = 1; step <= 100; step++) {
    time.ms += 1000;
    progress.update(step, `loss ${step}`);
  }
  progress.finish();
  assert.equal(
    terminal.errText(),
    `pretrain: 30/100 steps (30 %), 1 min 10 s left, loss 30
pretrain: 60/100 steps (60 %), 40 s left, loss 60
pretrain: 90/100 steps (90 %), 10 s left, loss 90
pretrain: 100/100 steps (100 %), loss 100
`,
  );
  assert.equal(terminal.outText(), "");
});

test("startProgress() estimates a resumed run from what this process did", () => {
  const time = { ms: 0 };
  const terminal = recordedTerminal({ clock: () => time.ms });
  const options = { label: "pretrain", total: 100, start: 80, unit: "steps" };
  const progress = startProgress(terminal, options);
  time.ms = 30_000;
  progress.update(90);
  assert.equal(terminal.errText(), "pretrain: 90/100 steps (90 %), 30 s left\n");
  progress.note("saved");
  assert.match(terminal.errText(), /saved\n$/);
});

test("startProgress() counts where the total is not known", () => {
  const time = { ms: 0 };
  const terminal = recordedTerminal({ isInteractive: true, clock: () => time.ms });
  const progress = startProgress(terminal, { label: "import", unit: "rows" });
  time.ms = 31_000;
  progress.update(1000);
  progress.update(1500);
  progress.finish();
  assert.equal(terminal.errText(), "import: 1000 rows\nimport: 1500 rows\n");
});

test("startProgress() draws a bar for a person and stops it", () => {
  const terminal = recordedTerminal({ isInteractive: true, columns: 60 });
  const progress = startProgress(terminal, { label: "synth", total: 4, unit: "pairs" });
  progress.update(2, "id 2");
  progress.finish();
  assert.equal(
    screenOf(terminal.errText()).join("\n"),
    `synth [${"=".repeat(17)}${"-".repeat(18)}] 2/4 pairs, id 2\n`,
  );
});

test("startProgress() prints notes above the bar, whole, and the bar below the last", () => {
  const terminal = recordedTerminal({ isInteractive: true, columns: 40 });
  const progress = startProgress(terminal, { label: "synth", total: 4, unit: "pairs" });
  const long = `saved ${"a/long/path/".repeat(8)}`;
  progress.note("first");
  progress.update(2);
  progress.note(long);
  const screen = screenOf(terminal.errText());
  assert.deepEqual(screen.slice(0, 2), ["first", long]);
  assert.match(screen[2] ?? "", /^synth \[=+-+\] 2\/4 pairs$/);
  progress.note("last");
  progress.finish();
  assert.deepEqual(screenOf(terminal.errText()).slice(0, 3), ["first", long, "last"]);
});

test("startProgress() shows in notes what would steer the terminal, with a bar and without", () => {
  for (const isInteractive of [true, false]) {
    const terminal = recordedTerminal({ isInteractive });
    const progress = startProgress(terminal, { label: "read", total: 2, unit: "files" });
    progress.note("a\u001b]0;b\u0007");
    progress.update(1, "c\u009b2J");
    progress.finish();
    assert.ok(terminal.errText().includes("a\\u001b]0;b\\u0007\n"), terminal.errText());
    assert.ok(terminal.errText().includes("c\\u009b2J"), terminal.errText());
  }
});

test("startProgress() keeps to the window, and to the line without a bar once there was no room for one", () => {
  const terminal = recordedTerminal({ isInteractive: true, columns: 80 });
  const progress = startProgress(terminal, { label: "pretrain", total: 2000, unit: "steps" });
  progress.update(120, "mim 0.612 res 0.341 mlm 4.381 and a little more, lr 1.2e-4");
  progress.note("now");
  progress.update(121, "mim 0.612");
  progress.finish();
  const [, line = ""] = screenOf(terminal.errText());
  assert.equal(line, "pretrain: 121/2000 steps (6 %), mim 0.612");
});

/** The lines that a person sees after what was written: carriage returns and erasures are carried out. */
function screenOf(written: string): string[] {
  const lines = [""];
  const ESC = "\u001b";
  const tokens = new RegExp(
    `${ESC}\\[(\\d*)([A-Za-z])|${ESC}\\[\\?\\d+[hl]|[\\r\\n]|[^${ESC}\\r\\n]+`,
    "g",
  );
  let column = 0;
  for (const [token, , command] of written.matchAll(tokens)) {
    const line = lines.at(-1) ?? "";
    if (token === "\n") {
      lines.push("");
      column = 0;
    } else if (token === "\r" || command === "G") column = 0;
    else if (command === "K")
      lines[lines.length - 1] = token.includes("2") ? "" : line.slice(0, column);
    else if (command === undefined && !token.startsWith(ESC)) {
      lines[lines.length - 1] =
        line.slice(0, column).padEnd(column) + token + line.slice(column + token.length);
      column += token.length;
    }
  }
  return lines;
}

test("formatRate() has two digits, or all of them before the point", () => {
  assert.deepEqual([0.3149, 8.14, 9.96, 42.4, 207.4, 1208].map(formatRate), [
    "0.31",
    "8.1",
    "10",
    "42",
    "207",
    "1208",
  ]);
});

test("formatDuration() uses the two largest units", () => {
  assert.deepEqual(
    [0, 59_499, 60_000, 200_000, 3_600_000, 18_720_000, 49 * 3_600_000].map(formatDuration),
    ["0 s", "59 s", "1 min", "3 min 20 s", "1 h", "5 h 12 min", "2 d 1 h"],
  );
});

test("withProgress() ends the bar when the work fails, so that the program can end", async () => {
  const terminal = recordedTerminal({ isInteractive: true });
  const options = { label: "synth", total: 4, unit: "pairs" };
  const failure = new Error("the disk is full");
  await assert.rejects(
    withProgress(terminal, options, async (progress) => {
      progress.update(1);
      throw failure;
    }),
    failure,
  );
  assert.match(terminal.errText(), /\n$/, "a bar that is ended leaves its line");
});
