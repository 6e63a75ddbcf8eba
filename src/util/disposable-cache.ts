/** @file Things that are made when they are first asked for, by name, and freed together. */

/** Makes each thing once. */
export class DisposableCache<T extends AsyncDisposable> implements AsyncDisposable {
  readonly #make: (name: string) => Promise<T>;
  readonly #made = new Map<string, Promise<T>>();

  constructor(make: (name: string) => Promise<T>) {
    this.#make = make;
  }

  /** The thing of that name. What failed to be made fails again for everyone who asks. */
  get(name: string): Promise<T> {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const made = this.#make(name);
    this.#made.set(name, made);
    return made;
  }

  /** Frees everything that was made. */
  async [Symbol.asyncDispose](): Promise<void> {
    const made = await Promise.allSettled(this.#made.values());
    await Promise.all(
      made.map((one) =>
        one.status === "fulfilled" ? one.value[Symbol.asyncDispose]() : undefined,
      ),
    );
  }
}
