/** @file The public face of ecamp: what the commands do, as functions. `ecamp/engine` and `ecamp/nn` are the layers below. */

// Configurations: recipes, the fidelity's switches, and how layers of values are resolved.
export { resolveClassify } from "./cli/resolve-classify.ts";
export { resolveDetect } from "./cli/resolve-detect.ts";
export { resolvePretrain } from "./cli/resolve-pretrain.ts";
export type { RunChoices } from "./cli/resolve-run.ts";
export { resolveSegment } from "./cli/resolve-segment.ts";
export type { AnnotationImportSummary } from "./data/annotation-counter.ts";
// Datasets: folders in, folders out.
export { type CheckDatasetOptions, checkDataset, type DatasetCheck } from "./data/check-dataset.ts";
export { datasetCorpus, type TableCorpusOptions, tableCorpus } from "./data/corpus.ts";
export { type Dataset, openDataset } from "./data/dataset.ts";
export { importAnnotations } from "./data/import-annotations.ts";
export { type ImportListOptions, importLists } from "./data/import-list.ts";
export { type ImportTableOptions, importTable } from "./data/import-table.ts";
export type { Uncertain } from "./data/labels.ts";
export type { ListImportSummary } from "./data/lists/list-counter.ts";
export type { ListImportOptions } from "./data/lists/list-import.ts";
export {
  type SynthesizeDatasetOptions,
  synthesizeDataset,
} from "./data/phantom/synthesize-dataset.ts";
export type { Privacy, Split } from "./data/record.ts";
export type { AnnotationSource, ListedPicture, Mending } from "./data/sources/annotation-source.ts";
export { objectCxr } from "./data/sources/object-cxr.ts";
export { riga } from "./data/sources/riga.ts";
export { rsnaPneumonia } from "./data/sources/rsna-pneumonia.ts";
export { siimPneumothorax } from "./data/sources/siim-pneumothorax.ts";
export type { SplitPlan } from "./data/split/assign-splits.ts";
export type { LeakReport } from "./data/split/find-leaks.ts";
export {
  type SplitDatasetOptions,
  type SplitResult,
  splitDataset,
} from "./data/split/split-dataset.ts";
export type { SplitSummary } from "./data/split/split-summary.ts";
export {
  type TrainedTokenizer,
  type TrainTokenizerOptions,
  trainTokenizer,
} from "./data/train-tokenizer.ts";
export { type Device, openDevice } from "./engine/runtime/device.ts";
export { type DrawingOptions, drawReconstructions } from "./explain/draw-reconstructions.ts";
export { type PretrainedModel, readPretrainedModel } from "./explain/pretrained-model.ts";
// Figures.
export type {
  ClassificationReport,
  ClassReport,
  MeanFigure,
  Unscored,
} from "./metrics/classification-report.ts";
export type {
  ClassComparison,
  CompareOptions,
  Comparison,
  FigureDifference,
  MeanDifference,
} from "./metrics/compare-predictions.ts";
export type { DeLongResult } from "./metrics/delong.ts";
export type { ClassFigureName, DecisionFigureName, Figure } from "./metrics/figures.ts";
export type { ThresholdRule } from "./metrics/thresholds.ts";
export type { ClassifyConfig } from "./recipes/classify-config.ts";
export type { DetectConfig } from "./recipes/detect-config.ts";
export { FIDELITY, type FidelityName, fidelityColumn } from "./recipes/fidelity.ts";
export { RECIPES, type RecipeName } from "./recipes/index.ts";
export type { PretrainConfig } from "./recipes/pretrain-config.ts";
export type { SegmentConfig } from "./recipes/segment-config.ts";

// Classification.
export { type EvaluateOptions, type Evaluation, evaluate } from "./tasks/classify/evaluate.ts";
export { finetuneClassifier } from "./tasks/classify/finetune.ts";
export { type OpenClassifier, openClassifier } from "./tasks/classify/open-classifier.ts";
export { type FilePrediction, predict } from "./tasks/classify/predict.ts";
// Detection.
export { finetuneDetector } from "./tasks/detect/finetune.ts";
// Boxes.
export { type OpenDetector, openDetector } from "./tasks/detect/open-detector.ts";
export { type BoxPrediction, type FoundBox, predictBoxes } from "./tasks/detect/predict.ts";
export {
  compareEvaluations,
  type EvaluationComparison,
} from "./tasks/evaluation/compare-evaluations.ts";
export type { Provenance, StoredEvaluation } from "./tasks/evaluation/evaluation-file.ts";
export type { FinetuneResult, FinetuneRun } from "./tasks/finetune/finetune.ts";
export {
  type LoadEncoderOptions,
  type LoadedEncoder,
  loadEncoder,
} from "./tasks/finetune/load-encoder.ts";
// Training and what comes out of it.
export {
  type PretrainResult,
  type PretrainRun,
  pretrain,
  type RunEvent,
} from "./tasks/pretrain.ts";

// Features of a frozen encoder.
export {
  encoderFeatures,
  type FeatureExtractor,
  type FrozenEncoder,
} from "./tasks/probe/features.ts";
// Segmentation.
export { finetuneSegmenter } from "./tasks/segment/finetune.ts";
// Masks.
export { type OpenSegmenter, openSegmenter } from "./tasks/segment/open-segmenter.ts";
export { type ClassMask, type MaskPrediction, predictMasks } from "./tasks/segment/predict.ts";
// Text, weights, proof.
export { loadTokenizer, type Tokenizer } from "./text/tokenizer.ts";
// Errors that a caller may want to tell apart.
export {
  ConfigError,
  DecodeError,
  EcampError,
  ExecutionError,
  ManifestError,
  ShapeError,
  WeightsError,
} from "./util/errors.ts";
export { type FixtureResult, type VerifyOptions, verifyFixtures } from "./verify/verify.ts";
export { openWeights } from "./weights/open-weights.ts";
export { openSafetensors, writeSafetensors } from "./weights/safetensors.ts";
