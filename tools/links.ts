/** @file Checks that every relative link of the project's Markdown leads to a file, and every `#anchor` to a heading. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";
import { projectFiles, ROOT } from "./files.ts";

/** Finds a file's text by its path from the project's root; undefined when there is no such file. */
export type FindText = (path: string) => string | undefined;

/** One sentence for every link of a Markdown text that leads nowhere. */
export function brokenLinks(file: string, text: string, find: FindText): string[] {
  return linksOf(text).flatMap((link) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return []; // another site
    const [path = "", anchor] = decodeURI(link).split("#");
    const target = path === "" ? file : normalize(join(dirname(file), path)).replaceAll("\\", "/");
    const found = path === "" ? text : find(target);
    if (found === undefined)
      return [`${file}: "${link}" leads to "${target}", which does not exist`];
    if (anchor === undefined || !target.endsWith(".md") || anchorsOf(found).has(anchor)) return [];
    return [`${file}: "${link}" leads to no heading of "${target}"`];
  });
}

/** The targets of links and pictures, in Markdown and in HTML tags, code left out. */
function linksOf(text: string): string[] {
  const prose = withoutCode(text);
  const markdown = [...prose.matchAll(/\]\(\s*<?([^\s)>]+)>?[^)]*\)/g)];
  const html = [...prose.matchAll(/<(?:img|a)\s[^>]*?(?:src|href)="([^"]+)"/g)];
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return [...markdown, ...html, ...references].map((match) => match[1] ?? "");
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");
}

/** The anchors that headings get, as GitHub derives them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6}\s+(.+)$/gm);
  return new Set(
    [...headings].map((match) =>
      (match[1] ?? "")
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replace(/\s/g, "-"),
    ),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const files = projectFiles().filter((file) => file.endsWith(".md"));
  const problems = files.flatMap((file) =>
    brokenLinks(file, readFileSync(join(ROOT, file), "utf8"), (path) => {
      if (!existsSync(join(ROOT, path))) return undefined;
      return path.endsWith(".md") ? readFileSync(join(ROOT, path), "utf8") : "";
    }),
  );
  for (const problem of problems) console.log(problem);
  console.log(`links: ${files.length} Markdown files, ${problems.length} broken links`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
