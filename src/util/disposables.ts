/** @file Things that are freed together, the last first: `AsyncDisposableStack`, which Node 20 lacks. */

/** Holds what was opened until all of it is: hold it with `await using`, and keep what `keep` gives. */
export class Disposables implements AsyncDisposable {
  #held: AsyncDisposable[] = [];

  /** Holds a thing and gives it back. */
  use<T extends AsyncDisposable>(thing: T): T {
    this.#held.push(thing);
    return thing;
  }

  /** Everything held so far; from now on the caller frees it. */
  keep(): AsyncDisposable {
    const kept = new Disposables();
    kept.#held = this.#held;
    this.#held = [];
    return kept;
  }

  /** Frees everything, the last first; where several fail, the first failure is thrown when all have been tried. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const thing of this.#held.splice(0).reverse()) {
      try {
        await thing[Symbol.asyncDispose]();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
