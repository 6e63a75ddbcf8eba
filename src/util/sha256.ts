/** @file SHA-256 of a text, by which a line that was made from it knows it again. */
import { createHash } from "node:crypto";

/** The SHA-256 of a text as UTF-8, in hex; nothing of the text is trimmed or normalised. */
export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
