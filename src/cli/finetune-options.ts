/** @file The options that every command which fine-tunes has. */
import { FIDELITY_NAMES, type FidelityName } from "../recipes/fidelity.ts";
import type {
  BooleanOption,
  ChoiceOption,
  ListOption,
  NumberOption,
  StringOption,
} from "./option.ts";

/** Their names and kinds. Those before `recipe` are asked for first. */
interface FinetuneOptions {
  readonly out: StringOption & { readonly required: true };
  readonly data: StringOption;
  readonly weights: StringOption;
  readonly labels: StringOption;
  readonly "image-size": NumberOption;
  readonly fidelity: ChoiceOption & { readonly choices: readonly FidelityName[] };
  readonly "allow-leak": BooleanOption;
  readonly resume: BooleanOption;
  readonly "allow-changed-data": BooleanOption;
  readonly "stop-after": NumberOption;
  readonly config: StringOption;
  readonly set: ListOption;
  readonly seed: NumberOption;
  readonly device: StringOption;
  readonly threads: NumberOption;
  readonly workers: NumberOption;
  readonly "on-bad-record": ChoiceOption & { readonly choices: readonly ("error" | "skip")[] };
  readonly "dry-run": BooleanOption;
  readonly json: BooleanOption;
}

/** What is read, and where to. */
export const FINETUNE_INPUTS: Pick<FinetuneOptions, "out" | "data" | "weights" | "labels"> = {
  out: { type: "string", metavar: "DIR", required: true, help: "the run's folder" },
  data: { type: "string", metavar: "DIR", help: "the dataset folder" },
  weights: { type: "string", metavar: "PATH", help: "the encoder: a run or a weight file" },
  labels: { type: "string", metavar: "PERCENT", help: "part of the labels, such as 10%" },
};

/** How it runs. */
export const FINETUNE_COURSE: Omit<FinetuneOptions, keyof typeof FINETUNE_INPUTS> = {
  "image-size": { type: "integer", min: 1, help: "its side, if not that of the weights" },
  fidelity: { type: "choice", choices: FIDELITY_NAMES, help: "whose column of switches to take" },
  "allow-leak": { type: "boolean", help: "go on though patients stand in two splits" },
  resume: { type: "boolean", help: "go on with the run in --out" },
  "allow-changed-data": { type: "boolean", help: "resume though the dataset has changed" },
  "stop-after": { type: "integer", min: 1, metavar: "STEP", help: "save and stop after STEP" },
  config: { type: "string", metavar: "FILE", help: "a JSON file of values" },
  set: { type: "list", metavar: "KEY=VALUE", help: "one value, such as train.lr=1e-4" },
  seed: { type: "integer", min: 0, help: "what every random number derives from" },
  device: { type: "string", help: "the execution provider, see ecamp doctor" },
  threads: { type: "integer", min: 1, help: "its threads; one for every core if absent" },
  workers: { type: "integer", min: 0, help: "threads that prepare images" },
  "on-bad-record": { type: "choice", choices: ["error", "skip"], help: "an unreadable one" },
  "dry-run": { type: "boolean", help: "only show all values" },
  json: { type: "boolean", help: "print the outcome as JSON" },
};
