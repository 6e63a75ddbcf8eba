/** @file Pictures of what the model makes of films while it is trained. They read the run's state and leave it as it is. */
import type { Device } from "../../engine/runtime/device.ts";
import { ReconstructionProgram } from "../../explain/reconstruction.ts";
import { reconstructionPicture } from "../../explain/reconstruction-picture.ts";
import { encodePng } from "../../image/encode.ts";
import type { RunView } from "../../tasks/pretrain.ts";
import type { NdArray } from "../../util/nd-array.ts";
import type { EventImage } from "./event.ts";

/** Rows of a picture at most. */
const FILMS = 4;

/** How films are masked and on what the model runs. */
export interface FilmPicturesOptions {
  readonly device: Device;
  /** Part of the patches that are removed. */
  readonly maskRatio: number;
  /** Draws which patches are removed: the same at every picture, so that pictures can be compared. */
  readonly seed: number;
  /** Does the model predict patches normalised by their own mean and variance? */
  readonly normalizedPatches: boolean;
}

/** Draws pictures; the forward pass is compiled once. */
export class FilmPictures implements AsyncDisposable {
  readonly #options: FilmPicturesOptions;
  #program: ReconstructionProgram | undefined;

  constructor(options: FilmPicturesOptions) {
    this.#options = options;
  }

  /**
   * One row a film, the first four of the batch: film | what the encoder saw | reconstruction | super-resolution.
   * @throws {ExecutionError} when the device refuses
   */
  async draw({ config, parameters, image }: RunView): Promise<EventImage> {
    const films = firstFilms(image);
    const program = await this.#compiledFor(films, config);
    const stages = await program.run({ image: films, seed: this.#options.seed }, parameters);
    const picture = reconstructionPicture(films, stages, config);
    return { width: picture.width, height: picture.height, png: await encodePng(picture) };
  }

  async #compiledFor(
    films: NdArray<"u8">,
    config: RunView["config"],
  ): Promise<ReconstructionProgram> {
    const [batch = 0] = films.shape;
    if (this.#program?.batch === batch) return this.#program;
    await this.#program?.[Symbol.asyncDispose]();
    const { seed: _, ...options } = this.#options;
    this.#program = await ReconstructionProgram.compile({ ...options, config, batch });
    return this.#program;
  }

  /** Frees the compiled forward pass. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
  }
}

/** Copies, so that nothing of the run's batch is held. */
function firstFilms({ shape, data }: NdArray): NdArray<"u8"> {
  if (!(data instanceof Uint8Array)) throw new TypeError("internal: films are no grey levels");
  const [batch = 0, height = 0, width = 0] = shape;
  const count = Math.min(FILMS, batch);
  return {
    dtype: "u8",
    shape: [count, height, width],
    data: data.slice(0, count * height * width),
  };
}
