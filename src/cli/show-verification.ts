/** @file What `ecamp verify` prints: every check of every fixture as it is known, then a summary. */
import { renderJson, renderResult, renderSummary } from "../verify/render.ts";
import { type FixtureResult, type VerifyOptions, verifyFixtures } from "../verify/verify.ts";
import type { Terminal } from "./terminal.ts";

/** Which fixtures to replay, how, and where to print. */
export interface VerificationRequest extends VerifyOptions {
  readonly fixtures: readonly string[];
  /** One JSON line a fixture instead of tables. */
  readonly json: boolean;
  readonly terminal: Terminal;
}

/** Replays the fixtures, prints, and returns whether all passed. */
export async function showVerification({
  fixtures,
  json,
  terminal,
  ...options
}: VerificationRequest): Promise<boolean> {
  const results: FixtureResult[] = [];
  for await (const result of verifyFixtures(fixtures, options)) {
    results.push(result);
    terminal.out(`${json ? renderJson(result) : renderResult(result)}\n`);
  }
  if (!json) terminal.out(`\n${renderSummary(results)}\n`);
  return results.every(({ pass }) => pass);
}
