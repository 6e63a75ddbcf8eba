/** @file What the replays of detectors share: terms by their recorded names, and that nothing is passed over. */
import type { Tensor } from "../../engine/tensor.ts";
import type { DetectionTerms } from "../../model/heads/detection-loss.ts";
import type { Fixture } from "../fixture.ts";
import type { Finding } from "../replay.ts";

const TERMS = {
  loss: "loss",
  x: "x",
  y: "y",
  w: "width",
  h: "height",
  conf: "objectness",
  cls: "classes",
} as const satisfies Record<string, keyof DetectionTerms>;

/** The terms of a scale as `prefix/<recorded name>`. */
export const namedTerms = (prefix: string, scale: DetectionTerms): readonly [string, Tensor][] =>
  Object.entries(TERMS).map(([name, term]): [string, Tensor] => [`${prefix}/${name}`, scale[term]]);

/** What is recorded and was not compared cannot pass. */
export function uncompared(fixture: Fixture, findings: readonly Finding[]): readonly Finding[] {
  const compared = new Set(findings.map(({ name }) => name.replace(/\[\d+:\d+\]$/, "")));
  return fixture.tensorNames
    .filter((name) => /^(out|grad|after)/.test(name) && !compared.has(name))
    .map((name) => ({ name, error: Number.NaN, tolerance: 0 }));
}
