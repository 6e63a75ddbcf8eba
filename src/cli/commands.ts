/** @file The registry: every command of `ecamp`, in the order of a project. */
import type { Command } from "./command.ts";
import { compare } from "./commands/compare.ts";
import { dataCheck } from "./commands/data-check.ts";
import { dataImportList } from "./commands/data-import-list.ts";
import { dataImportObjectCxr } from "./commands/data-import-object-cxr.ts";
import { dataImportRiga } from "./commands/data-import-riga.ts";
import { dataImportRsnaPneumonia } from "./commands/data-import-rsna-pneumonia.ts";
import { dataImportSiimPneumothorax } from "./commands/data-import-siim-pneumothorax.ts";
import { dataImportTable } from "./commands/data-import-table.ts";
import { dataSplit } from "./commands/data-split.ts";
import { dataSynth } from "./commands/data-synth.ts";
import { distillRun } from "./commands/distill-run.ts";
import { distillScore } from "./commands/distill-score.ts";
import { distillShow } from "./commands/distill-show.ts";
import { doctor } from "./commands/doctor.ts";
import { evaluate } from "./commands/evaluate.ts";
import { finetuneClassify } from "./commands/finetune-classify.ts";
import { finetuneDetect } from "./commands/finetune-detect.ts";
import { finetuneSegment } from "./commands/finetune-segment.ts";
import { predict } from "./commands/predict.ts";
import { pretrain } from "./commands/pretrain.ts";
import { recipes } from "./commands/recipes.ts";
import { textInspect } from "./commands/text-inspect.ts";
import { tokenizerTrain } from "./commands/tokenizer-train.ts";
import { verify } from "./commands/verify.ts";
import { weightsConvert } from "./commands/weights-convert.ts";
import { weightsInspect } from "./commands/weights-inspect.ts";
import { windows } from "./commands/windows.ts";

/** Every command that can be typed. */
export const COMMANDS: readonly Command[] = [
  doctor,
  recipes,
  dataImportTable,
  dataImportList,
  dataImportSiimPneumothorax,
  dataImportRsnaPneumonia,
  dataImportRiga,
  dataImportObjectCxr,
  dataSynth,
  dataCheck,
  dataSplit,
  distillRun,
  distillShow,
  distillScore,
  textInspect,
  tokenizerTrain,
  weightsInspect,
  weightsConvert,
  windows,
  pretrain,
  finetuneClassify,
  finetuneSegment,
  finetuneDetect,
  evaluate,
  compare,
  predict,
  verify,
];
