/** @file Counts what an import of masks and boxes does with the lists' lines. */
import { maskArea } from "../image/mask.ts";
import { ListCounter, type ListImportSummary } from "./lists/list-counter.ts";
import { RepairCounter, type RepairCounts } from "./repairs.ts";
import type { Annotation } from "./sources/annotation-source.ts";
import { DEFAULT_MAX_BOXES } from "./usable-boxes.ts";

/** What an import of masks and boxes did. */
export interface AnnotationImportSummary extends ListImportSummary {
  /** Pictures that are left out on purpose, such as negatives that were not drawn. */
  readonly leftOut: number;
  /** Pictures of which a label says that something is there, and that nothing is. */
  readonly positives: number;
  readonly negatives: number;
  /** Mask files, and how many of them have no pixel. */
  readonly masks: number;
  readonly emptyMasks: number;
  readonly boxes: number;
  /** The most boxes of a picture, and how many pictures have more than detection takes unless it is told to. */
  readonly mostBoxes: number;
  readonly manyBoxes: number;
  /** What was mended. */
  readonly repairs: RepairCounts;
}

/** Counts what the lines say. */
export class AnnotationCounter extends ListCounter {
  leftOut = 0;
  #positives = 0;
  #negatives = 0;
  #masks = 0;
  #emptyMasks = 0;
  #boxes = 0;
  #mostBoxes = 0;
  #manyBoxes = 0;
  readonly #repairs = new RepairCounter();

  /** Counts what is said of a picture. */
  addAnnotation({ labels = {}, boxes = [], masks = {}, repairs }: Annotation): void {
    const said = Object.values(labels);
    if (said.includes(1)) this.#positives += 1;
    else if (said.length > 0) this.#negatives += 1;
    for (const mask of Object.values(masks)) {
      this.#masks += 1;
      if (maskArea(mask) === 0) this.#emptyMasks += 1;
    }
    this.#boxes += boxes.length;
    this.#mostBoxes = Math.max(this.#mostBoxes, boxes.length);
    if (boxes.length > DEFAULT_MAX_BOXES) this.#manyBoxes += 1;
    this.#repairs.merge(repairs);
  }

  override summary(): AnnotationImportSummary {
    return {
      ...super.summary(),
      leftOut: this.leftOut,
      positives: this.#positives,
      negatives: this.#negatives,
      masks: this.#masks,
      emptyMasks: this.#emptyMasks,
      boxes: this.#boxes,
      mostBoxes: this.#mostBoxes,
      manyBoxes: this.#manyBoxes,
      repairs: this.#repairs.counts(),
    };
  }
}
