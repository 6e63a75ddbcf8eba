/** @file Reads the text of a list file. */
import { isUtf8 } from "node:buffer";
import { describeError, ManifestError } from "../../util/errors.ts";
import { openForReading } from "../../util/jsonl.ts";
import { isLfsPointer } from "../../util/lfs-pointer.ts";
import type { ListText } from "./list-text.ts";

/**
 * The text of a list file.
 * @throws {ManifestError} when it cannot be read, or is no text
 */
export async function readListText(source: string): Promise<ListText> {
  const handle = await openForReading(source);
  try {
    const bytes = await handle.readFile().catch((error: unknown) => {
      throw new ManifestError(`Cannot read "${source}": ${describeError(error)}`, { cause: error });
    });
    if (!isUtf8(bytes)) throw new ManifestError(`Cannot read "${source}": it is not UTF-8 text`);
    const text = bytes.toString("utf8");
    if (!isLfsPointer(text)) return { source, text };
    throw new ManifestError(
      `Cannot read "${source}": it is a Git LFS pointer, and the list has not been fetched; run "git lfs pull" in its repository`,
    );
  } finally {
    await handle.close();
  }
}
