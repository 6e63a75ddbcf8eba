/** @file Opens the provider that options of `ecamp distill` name, with the lexicon that its findings are checked by. */
import { createFindingCheck, type FindingChecker } from "../distill/check-finding.ts";
import type { DistillProvider } from "../distill/provider.ts";
import { rulesProvider } from "../distill/rules-provider.ts";
import { loadLexicon } from "../tasks/load-lexicon.ts";
import { CHEST_LEXICON } from "../text/lexicons/chest.ts";

/** The providers that can be named. */
export const PROVIDERS = ["rules"] as const;

/** What options say of the provider. */
export interface ProviderArgs {
  readonly provider: (typeof PROVIDERS)[number];
  /** `chest`, `fundus`, or a file. */
  readonly lexicon: string;
}

/** A provider, and the check of what it finds. */
export interface OpenedProvider {
  readonly provider: DistillProvider;
  readonly check: (report: string) => FindingChecker;
}

/**
 * Opens a provider.
 * @throws {ConfigError} when the lexicon cannot be read
 */
export async function openProvider(args: ProviderArgs): Promise<OpenedProvider> {
  const { lexicon = CHEST_LEXICON } = await loadLexicon(args.lexicon);
  const check = createFindingCheck(lexicon);
  switch (args.provider) {
    case "rules":
      return { provider: rulesProvider(lexicon), check };
    default:
      return args.provider satisfies never;
  }
}
