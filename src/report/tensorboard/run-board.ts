/** @file A run as TensorBoard shows it: curves of every update and pictures now and then, in event files in the run's folder. */
import { fileMode } from "../../data/dataset-files.ts";
import type { RunView, RunWatcher, WatchedRun } from "../../tasks/pretrain.ts";
import type { UpdateReport } from "../../train/loop.ts";
import { describeError } from "../../util/errors.ts";
import type { SummaryValue } from "./event.ts";
import { EventFile } from "./event-file.ts";
import { FilmPictures, type FilmPicturesOptions } from "./film-pictures.ts";
import { updateValues, validationValues } from "./update-values.ts";

/** Updates between two pictures, unless somebody says otherwise. */
export const PICTURES_EVERY = 200;

/** What is shown of a run. */
export interface RunBoardOptions extends FilmPicturesOptions {
  /** Show films of a private dataset all the same. */
  readonly includeCases: boolean;
  /** Updates between two pictures, the first update's apart; 0 for none. */
  readonly picturesEvery: number;
  /** Factors of the losses in the total, by name. */
  readonly lossWeights: Readonly<Record<string, number>>;
  readonly now: () => Date;
}

const TAG = "films/reconstruction";
const DESCRIPTION =
  "One row a film of the batch: the film | the patches that the encoder saw | the reconstruction in the gaps | " +
  "the super-resolved reconstruction.";

/**
 * Opens a run's board. What earlier files say of steps that the run has not done is void. Of a private dataset there are no
 * pictures, and only the owner can read the files. Nothing that goes wrong with it stops the run: it is told, once.
 */
export async function openRunBoard(run: WatchedRun, options: RunBoardOptions): Promise<RunWatcher> {
  const { out: folder, doneSteps, privacy, note } = run;
  const board = new RunBoard(run, options);
  try {
    const mode = fileMode(privacy);
    board.file = await EventFile.open({
      ...{ folder, mode, now: options.now },
      firstStep: doneSteps + 1,
    });
  } catch (error) {
    note(withoutCurves(error));
  }
  return board;
}

class RunBoard implements RunWatcher {
  /** Undefined when there is none, or no longer. */
  file: EventFile | undefined;
  readonly #run: WatchedRun;
  readonly #options: RunBoardOptions;
  #pictures: FilmPictures | undefined;

  constructor(run: WatchedRun, options: RunBoardOptions) {
    this.#run = run;
    this.#options = options;
    const mayShow = run.privacy !== "private" || options.includeCases;
    if (mayShow && options.picturesEvery > 0) this.#pictures = new FilmPictures(options);
  }

  async onUpdate(report: UpdateReport, look: RunView): Promise<void> {
    await this.#append(report.step, updateValues(report, this.#options));
    const { picturesEvery } = this.#options;
    const isDue = report.step === 1 || report.step % picturesEvery === 0;
    if (isDue && this.file !== undefined) await this.#appendPicture(report.step, look);
  }

  async onValidation(step: number, losses: Readonly<Record<string, number>>): Promise<void> {
    await this.#append(step, validationValues(losses, this.#options));
  }

  async #appendPicture(step: number, look: RunView): Promise<void> {
    const picture = await this.#pictures?.draw(look).catch(async (error: unknown) => {
      this.#run.note(
        `Cannot draw films at step ${step}: ${describeError(error)}; the run goes on without pictures`,
      );
      await this.#closePictures();
      return undefined;
    });
    if (picture === undefined) return;
    await this.#append(step, [{ tag: TAG, description: DESCRIPTION, value: picture }]);
  }

  async #append(step: number, values: readonly SummaryValue[]): Promise<void> {
    try {
      await this.file?.append(step, values);
    } catch (error) {
      this.#run.note(withoutCurves(error));
      await this.file?.close().catch(() => undefined); // it refused already
      this.file = undefined;
    }
  }

  async #closePictures(): Promise<void> {
    const pictures = this.#pictures;
    this.#pictures = undefined;
    await pictures?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { file } = this;
    this.file = undefined;
    try {
      await file?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#run.note(describeError(error));
    } finally {
      await this.#closePictures();
    }
  }
}

function withoutCurves(error: unknown): string {
  return `${describeError(error)}; the run goes on without TensorBoard's curves`;
}
