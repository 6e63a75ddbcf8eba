import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_FIDELITY, DEFAULTS } from "../recipes/defaults.ts";
import { fidelityColumn } from "../recipes/fidelity.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { configurationSha256, FREE_ON_RESUME } from "./run-identity.ts";

const CONFIG: PretrainConfig = { ...DEFAULTS, fidelity: fidelityColumn(DEFAULT_FIDELITY) };

/** The configuration with one value changed to something that no value is. */
function changed(section: string, name: string): PretrainConfig {
  const values = CONFIG[section as keyof PretrainConfig];
  return { ...CONFIG, [section]: { ...values, [name]: "other" } };
}

describe("configurationSha256()", () => {
  test("changes with every value that results depend on, and with no other", () => {
    const whole = configurationSha256(CONFIG);
    const free: string[] = [];
    for (const [section, values] of Object.entries(CONFIG)) {
      for (const name of Object.keys(values)) {
        if (configurationSha256(changed(section, name)) === whole) free.push(`${section}.${name}`);
      }
    }
    assert.deepEqual(free.toSorted(), FREE_ON_RESUME.toSorted());
  });

  test("does not depend on the order of keys", () => {
    const reversed = Object.fromEntries(
      Object.entries(CONFIG)
        .reverse()
        .map(([section, values]) => [
          section,
          Object.fromEntries(Object.entries(values).reverse()),
        ]),
    );
    assert.equal(
      configurationSha256(reversed as unknown as PretrainConfig),
      configurationSha256(CONFIG),
    );
  });
});
