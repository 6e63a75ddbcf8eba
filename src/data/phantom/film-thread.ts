/** @file A thread that makes films: told an index, it answers with the film. Its other side is `film-makers.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { type RemoteError, toRemoteError } from "../remote-error.ts";
import { type FilmOptions, type MadeFilm, makeFilm } from "./make-film.ts";

/** What a thread answers to an index. */
export type FilmReply =
  | { readonly index: number; readonly film: MadeFilm }
  | { readonly index: number; readonly error: RemoteError };

function serve(port: NonNullable<typeof parentPort>, options: FilmOptions): void {
  const answer = async (index: number): Promise<void> => {
    try {
      port.postMessage({ index, film: await makeFilm(options, index) } satisfies FilmReply);
    } catch (error) {
      port.postMessage({ index, error: toRemoteError(error) } satisfies FilmReply);
    }
  };
  // One film may be encoded, on threads of the codec's, while the next is rendered.
  port.on("message", (index: number) => void answer(index));
}

if (parentPort !== null) serve(parentPort, workerData);
