/** @file Is there a file? */
import { stat } from "node:fs/promises";

/** Is there a file at the path, or at the end of a link there? What cannot be looked at is none. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
