/** @file Asks a model about sentences: each text once, an answer that cannot be read once more, and counts of what came of it. */
import { ExecutionError } from "../../util/errors.ts";
import type { LanguageModel, Question } from "./language-model.ts";
import { type ParsedAnswer, parseAnswer, type SentenceAnswer } from "./parse-answer.ts";
import { type AskedFor, questionAbout } from "./prompt.ts";

/** Sentences are often the same from report to report: so many answers are remembered while the program runs. */
const MAX_REMEMBERED = 20_000;

/** So many sentences in a row without an answer that can be read, and the model is no use. */
const MAX_UNANSWERED = 20;

/** How much of a wrong answer is shown to the model that gave it. */
const MAX_QUOTED = 2000;

/** Why a sentence has no answer. */
type Unanswered = "refused" | "unreadable" | "rejected";

type Outcome = SentenceAnswer | Unanswered;

/** What came of one question. */
type Read =
  | { readonly kind: "refused" | "rejected" }
  | { readonly kind: "read"; readonly parsed: ParsedAnswer; readonly text: string };

/** Halves of characters, which are no Unicode text: some servers refuse a body with one. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

const wellFormed = (text: string): string => text.replace(LONE_SURROGATE, "\ufffd");

/** One model, and what it has been asked. */
export class SentenceAsker {
  readonly #model: LanguageModel;
  readonly #asked: AskedFor;
  readonly #answers = new Map<string, Promise<Outcome>>();
  readonly #counts = {
    ...{ sentences: 0, remembered: 0, repaired: 0 },
    ...{ refused: 0, unreadable: 0, rejected: 0 },
  };
  /** What the server said of the last question that it did not take. */
  #rejection = "";
  #unansweredInARow = 0;

  constructor(model: LanguageModel, asked: AskedFor) {
    this.#model = model;
    this.#asked = asked;
  }

  /**
   * What the model says of a sentence; undefined where it says nothing that can be read.
   * @throws {ExecutionError} when the model cannot be asked, or does not answer one sentence after another
   */
  async ask(sentence: string, signal?: AbortSignal): Promise<SentenceAnswer | undefined> {
    signal?.throwIfAborted();
    const before = this.#answers.get(sentence);
    if (before !== undefined) this.#counts.remembered += 1;
    const outcome = await (before ?? this.#remember(sentence, signal));
    return typeof outcome === "string" ? undefined : outcome;
  }

  /** What was asked, for people. */
  usage(): string {
    const { sentences, remembered, repaired, refused, unreadable, rejected } = this.#counts;
    const parts = [
      `${sentences} sentences asked`,
      ...(remembered > 0 ? [`${remembered} met again`] : []),
      ...(repaired > 0 ? [`${repaired} asked twice`] : []),
      ...(refused > 0 ? [`${refused} refused by the model`] : []),
      ...(unreadable > 0 ? [`${unreadable} without a readable answer`] : []),
      ...(rejected > 0 ? [`${rejected} not taken by the server (${this.#rejection})`] : []),
    ];
    return parts.join(", ");
  }

  async #remember(sentence: string, signal: AbortSignal | undefined): Promise<Outcome> {
    const answer = this.#askAnew(sentence, signal);
    if (this.#answers.size < MAX_REMEMBERED) this.#answers.set(sentence, answer);
    try {
      const outcome = await answer;
      this.#count(outcome);
      return outcome;
    } catch (error) {
      this.#answers.delete(sentence);
      throw error;
    }
  }

  #count(outcome: Outcome): void {
    this.#counts.sentences += 1;
    if (typeof outcome !== "string") {
      this.#unansweredInARow = 0;
      return;
    }
    this.#counts[outcome] += 1;
    this.#unansweredInARow += 1;
    if (this.#unansweredInARow < MAX_UNANSWERED) return;
    const { provider, model } = this.#model;
    const last = outcome === "rejected" ? ` (the last: ${this.#rejection})` : "";
    throw new ExecutionError(
      `Cannot distil with ${provider} ${model}: ${MAX_UNANSWERED} sentences in a row had no answer in the JSON that was asked for${last}; use another model`,
    );
  }

  async #askAnew(sentence: string, signal: AbortSignal | undefined): Promise<Outcome> {
    const question = questionAbout(wellFormed(sentence), this.#asked);
    const first = await this.#read(question, signal);
    if (first.kind !== "read") return first.kind;
    if (first.parsed.kind === "answer") return first.parsed.answer;
    this.#counts.repaired += 1;
    const again = `That cannot be used: ${first.parsed.problem}. Answer with the JSON object only.`;
    const messages = [
      ...question.messages,
      { role: "assistant", text: wellFormed(first.text.slice(0, MAX_QUOTED)) } as const,
      { role: "user", text: again } as const,
    ];
    const second = await this.#read({ ...question, messages }, signal);
    if (second.kind !== "read") return second.kind;
    return second.parsed.kind === "answer" ? second.parsed.answer : "unreadable";
  }

  async #read(question: Question, signal: AbortSignal | undefined): Promise<Read> {
    const reply = await this.#model.ask(question, signal);
    if (reply.kind === "refusal") return { kind: "refused" };
    if (reply.kind === "rejected") {
      this.#rejection = reply.what;
      return { kind: "rejected" };
    }
    const { text } = reply;
    const parsed: ParsedAnswer =
      reply.kind === "cut"
        ? { kind: "wrong", problem: "it is too long" }
        : parseAnswer(text, this.#asked);
    return { kind: "read", parsed, text };
  }
}
