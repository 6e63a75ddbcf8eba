/** @file Reads TypeScript text without a compiler: takes the comments out, and finds what a file imports. */

/** One import of a file. */
export interface SourceImport {
  /** What stands between the quotes, such as `../util/errors.ts` or `node:fs`. */
  readonly specifier: string;
  /** `import type` and `export type`: nothing is left of it when the program runs. */
  readonly typeOnly: boolean;
}

/** Every import of a source text: static, dynamic, re-exports, and workers started by `new URL("./x.ts", import.meta.url)`. */
export function importsOf(source: string): SourceImport[] {
  const code = withoutComments(source);
  const found: SourceImport[] = [];
  for (const match of code.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^"'`;]*?from\s*"([^"]+)"/gm,
  )) {
    found.push({ specifier: match[2] ?? "", typeOnly: match[1] !== undefined });
  }
  const plain = [
    /^\s*import\s*"([^"]+)"/gm,
    /\bimport\(\s*"([^"]+)"\s*\)/g,
    /new URL\(\s*"(\.[^"]+\.[jt]s)",\s*import\.meta\.url/g,
  ];
  for (const pattern of plain) {
    for (const match of code.matchAll(pattern)) {
      found.push({ specifier: match[1] ?? "", typeOnly: false });
    }
  }
  return found;
}

/** The text with its comments blanked; strings, templates and regular expressions stay as they are. */
export function withoutComments(source: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|(?<=(?:^|[=(,:[!&|?{};+\n]|\breturn|=>)\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//g;
  return source.replace(token, (text) =>
    text.startsWith("//") || text.startsWith("/*") ? text.replace(/[^\n]/g, " ") : text,
  );
}
