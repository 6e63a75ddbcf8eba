/** @file Finds a module of this project by its name, for a thread too, whether the project runs from sources or as built. */

function isTypeScript(url: string): boolean {
  return url.endsWith(".ts");
}

/**
 * The URL of the module `name` beside the one at `from` (its `import.meta.url`), with the extension that `from` has: a URL
 * that is only text is not rewritten when TypeScript is built.
 */
export function siblingModule(name: string, from: string): URL {
  return new URL(`./${name}${isTypeScript(from) ? ".ts" : ".js"}`, from);
}

/**
 * What to start a thread with that shall run a module: the module itself, or for TypeScript a line that sets up its
 * translation first. (The flag `--import tsx` does that for the main thread alone.)
 */
export function workerEntry(module: URL): URL {
  if (!isTypeScript(module.href)) return module;
  // Resolved here: a module made of text has no folder to find packages from.
  const translator = import.meta.resolve("tsx/esm/api");
  const code = `import { register } from ${JSON.stringify(translator)}; register(); await import(${JSON.stringify(module.href)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
