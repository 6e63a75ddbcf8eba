/** @file Where the key of pseudonyms is kept. */
import { homedir } from "node:os";
import { join } from "node:path";

/** The key's file unless one is named: outside every dataset, in the user's own configuration. */
export function defaultIdKeyFile(): string {
  return join(homedir(), ".config", "ecamp", "id-key");
}
