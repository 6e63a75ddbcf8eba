/** @file Makes the films of a set in several threads, or in this one; a film's bytes are the same wherever it is made. */
import { Worker } from "node:worker_threads";
import { describeError, EcampError } from "../../util/errors.ts";
import { fromRemoteError } from "../remote-error.ts";
import { siblingModule, workerEntry } from "../sibling-module.ts";
import type { FilmReply } from "./film-thread.ts";
import { type FilmOptions, type MadeFilm, makeFilm } from "./make-film.ts";

/** Who makes films. */
export interface FilmMakers extends AsyncDisposable {
  /** How many films should be asked for at a time, so that none of the makers waits. */
  readonly capacity: number;
  /**
   * Makes film `index`.
   * @throws {EcampError} when the thread that made it died
   */
  make(index: number): Promise<MadeFilm>;
}

/** Films that a thread has at once: one is rendered while the one before is encoded. */
const FILMS_A_THREAD = 2;

/** Films in work at once in this thread: while files are written, the next film is rendered. */
const FILMS_HERE = 4;

interface Pending {
  readonly resolve: (film: MadeFilm) => void;
  readonly reject: (error: unknown) => void;
}

class FilmThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #end: { readonly reason: unknown } | undefined;

  constructor(options: FilmOptions) {
    const module = siblingModule("film-thread", import.meta.url);
    this.#worker = new Worker(workerEntry(module), { workerData: options, execArgv: [] });
    this.#worker.on("message", (reply: FilmReply) => this.#settle(reply));
    this.#worker.on("messageerror", (error) => this.#fail(error));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", (code) => this.#fail(new Error(`it stopped with exit code ${code}`)));
  }

  /** How many films it has yet to make. */
  get load(): number {
    return this.#pending.size;
  }

  make(index: number): Promise<MadeFilm> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(diedAt(index, this.#end.reason));
        return;
      }
      this.#pending.set(index, { resolve, reject });
      this.#worker.postMessage(index);
    });
  }

  #settle(reply: FilmReply): void {
    const pending = this.#pending.get(reply.index);
    this.#pending.delete(reply.index);
    if ("film" in reply) pending?.resolve(reply.film);
    else pending?.reject(fromRemoteError(reply.error));
  }

  /** The thread is gone; the first reason is the one that is told. */
  #fail(reason: unknown): void {
    this.#end ??= { reason };
    for (const [index, { reject }] of this.#pending) reject(diedAt(index, this.#end.reason));
    this.#pending.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

function diedAt(index: number, cause: unknown): EcampError {
  return new EcampError(
    `Cannot make film ${index}: the thread that made it died: ${describeError(cause)}`,
    { cause },
  );
}

class FilmThreads implements FilmMakers {
  readonly capacity: number;
  readonly #threads: readonly FilmThread[];

  constructor(options: FilmOptions, workers: number) {
    this.capacity = FILMS_A_THREAD * workers;
    this.#threads = Array.from({ length: workers }, () => new FilmThread(options));
  }

  make(index: number): Promise<MadeFilm> {
    const [first, ...others] = this.#threads;
    if (first === undefined) throw new RangeError("Cannot make a film without a thread");
    const idlest = others.reduce((a, b) => (b.load < a.load ? b : a), first);
    return idlest.make(index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread[Symbol.asyncDispose]()));
  }
}

/** Opens threads that make films; with 0 workers films are made in this thread. */
export function openFilmMakers(options: FilmOptions, workers: number): FilmMakers {
  if (workers > 0) return new FilmThreads(options, workers);
  return {
    capacity: FILMS_HERE,
    make: (index) => makeFilm(options, index),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
