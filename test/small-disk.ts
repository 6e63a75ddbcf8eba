/** @file A disk of a few megabytes, or a read-only one, for tests of what happens on such. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/**
 * Runs a test on a disk in memory, or skips it where this machine or user may not mount one.
 * @param options as `mount -o` takes them, such as `size=4m` or `ro`
 */
export async function onSmallDisk(
  context: TestContext,
  options: string,
  body: (path: string) => Promise<void>,
): Promise<void> {
  if (process.platform !== "linux") return context.skip("disks in memory are Linux's");
  const path = await mkdtemp(join(tmpdir(), "small-disk-"));
  try {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" });
    } catch {
      return context.skip("this user may not mount a disk");
    }
    try {
      await body(path);
    } finally {
      execFileSync("umount", ["--lazy", path]);
    }
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}
