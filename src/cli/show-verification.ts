/** @file What `ecamp verify` prints: every check of every fixture as it is known, then a summary. */
import { renderJson, renderResult, renderSummary } from "../verify/render.ts";
import { type FixtureResult, type VerifyOptions, verifyFixtures } from "../verify/verify.ts";
import { deviceOf } from "./device-option.ts";
import type { Terminal } from "./terminal.ts";

/** Which fixtures to replay, how, and where to print. */
export interface VerificationRequest {
  readonly fixtures: readonly string[];
  readonly device: string;
  readonly threads: number | undefined;
  /** A vocabulary instead of the fixtures' own. */
  readonly tokenizer: string | undefined;
  readonly slack: number;
  /** One JSON line a fixture instead of tables. */
  readonly json: boolean;
  readonly terminal: Terminal;
}

/** Replays the fixtures, prints, and returns whether all passed. */
export async function showVerification(request: VerificationRequest): Promise<boolean> {
  const { fixtures, json, terminal, slack, tokenizer } = request;
  const { provider, threads } = deviceOf(request);
  const options: VerifyOptions = {
    device: provider,
    threads,
    slack,
    ...(tokenizer !== undefined && { tokenizerFile: tokenizer }),
  };
  const results: FixtureResult[] = [];
  for await (const result of verifyFixtures(fixtures, options)) {
    results.push(result);
    terminal.out(`${json ? renderJson(result) : renderResult(result)}\n`);
  }
  if (!json) terminal.out(`\n${renderSummary(results)}\n`);
  return results.every(({ pass }) => pass);
}
