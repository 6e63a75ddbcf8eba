import assert from "node:assert/strict";
import { test } from "node:test";
import { RandomStream } from "../../../util/random.ts";
import { drawFindings, NORMAL_SHARE } from "./draw-findings.ts";
import { FINDING_KINDS, type Finding } from "./finding.ts";

const FILMS = 4000;

const SETS: readonly (readonly Finding[])[] = Array.from({ length: FILMS }, (_, step) =>
  drawFindings(new RandomStream({ seed: 3, name: "test/findings", step })),
);

function share(holds: (findings: readonly Finding[]) => boolean): number {
  return SETS.filter(holds).length / FILMS;
}

test("drawFindings() leaves the stated share of films normal", () => {
  // Three standard deviations of 4,000 draws are 0.022; sets that lose their only finding do not exist.
  assert.ok(Math.abs(share((findings) => findings.length === 0) - NORMAL_SHARE) < 0.022);
});

test("drawFindings() shows every kind on a fifth to a third of the films", () => {
  for (const kind of FINDING_KINDS) {
    const rate = share((findings) => findings.some((finding) => finding.kind === kind));
    assert.ok(rate > 0.15 && rate < 0.33, `${kind}: ${rate}`);
  }
});

test("drawFindings() uses both sides and all severities evenly", () => {
  const all = SETS.flat();
  const sided = all.flatMap((finding) => (finding.kind === "cardiomegaly" ? [] : [finding.side]));
  const left = sided.filter((side) => side === "left").length / sided.length;
  assert.ok(Math.abs(left - 0.5) < 0.04, `left: ${left}`);
  for (const kind of ["effusion", "pneumothorax", "consolidation", "cardiomegaly"] as const) {
    const severities = new Set(
      all.flatMap((finding) =>
        finding.kind === kind && "severity" in finding ? [finding.severity] : [],
      ),
    );
    assert.equal(severities.size, 3, kind);
  }
});

test("drawFindings() never puts air and fluid around one lung, or hides one finding in another", () => {
  for (const findings of SETS) {
    const places = findings.flatMap((finding) => {
      if (finding.kind === "cardiomegaly") return [];
      const pleural = finding.kind === "effusion" || finding.kind === "pneumothorax";
      return [pleural ? `pleura ${finding.side}` : `${finding.zone} ${finding.side}`];
    });
    assert.equal(new Set(places).size, places.length, places.join(", "));
    for (const air of findings) {
      if (air.kind !== "pneumothorax") continue;
      const within = findings.filter(
        (finding) =>
          finding !== air && finding.kind !== "cardiomegaly" && finding.side === air.side,
      );
      assert.deepEqual(within, []);
    }
  }
});
