/**
 * @file How long the vocabulary of some reports takes to train, and how fast the same reports are then encoded.
 *
 * Usage: node --import tsx bench/tokenizer.ts [--from FILE --report-column text] [--reports 4000] [--vocab 30000] [--rounds 3]
 * Without a table, reports of phantoms are written first, which is not timed. Prints JSON, and nothing of a report.
 */
import { parseArgs } from "node:util";
import { tableCorpus } from "../src/data/corpus.ts";
import { drawPatient } from "../src/data/phantom/anatomy/patient.ts";
import { drawFindings } from "../src/data/phantom/findings/draw-findings.ts";
import { writeReport } from "../src/data/phantom/report/write-report.ts";
import { createTokenizer, type Tokenizer } from "../src/text/tokenizer.ts";
import { trainWordPiece } from "../src/text/train-word-piece.ts";
import { WordCounter } from "../src/text/word-counter.ts";
import { RandomStream } from "../src/util/random.ts";
import { environment, spread } from "./support/report.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string" },
    "report-column": { type: "string", multiple: true, default: ["text"] },
    reports: { type: "string", default: "4000" },
    vocab: { type: "string", default: "30000" },
    rounds: { type: "string", default: "3" },
  },
});
const [reports, size, rounds] = [whole("reports"), whole("vocab"), whole("rounds")];

const texts = values.from === undefined ? phantomReports() : await tableReports(values.from);
const times: Record<"count" | "train" | "encode", number[]> = { count: [], train: [], encode: [] };
let found: Record<string, number> = {};
for (let round = 0; round < rounds; round++) {
  const counter = timed(times.count, () => countWords(texts));
  const json = timed(times.train, () => trainWordPiece(counter.counts, { size }));
  const tokenizer = createTokenizer(json); // a fresh one: no word is remembered
  const encoded = timed(times.encode, () => encodeAll(tokenizer));
  const { total: words, counts } = counter;
  found = { words, distinctWords: counts.size, size: tokenizer.size, ...encoded };
}
const encodeMs = spread(times.encode);
console.log(
  JSON.stringify(
    {
      bench: "tokenizer",
      unit: "milliseconds for all reports: counting words, merging pairs, encoding",
      reports: texts.length,
      ...found,
      ...{ countMs: spread(times.count), trainMs: spread(times.train), encodeMs },
      encodedReportsPerSecond: Math.round((texts.length * 1000) / encodeMs.median),
      environment: environment(),
    },
    null,
    2,
  ),
);

function timed<T>(into: number[], work: () => T): T {
  const start = performance.now();
  const result = work();
  into.push(performance.now() - start);
  return result;
}

function countWords(some: readonly string[]): WordCounter {
  const counter = new WordCounter();
  for (const text of some) counter.add(text);
  return counter;
}

function encodeAll({ encode, specials }: Tokenizer): { tokens: number; unknown: number } {
  let [tokens, unknown] = [0, 0];
  for (const text of texts) {
    const { ids } = encode(text);
    tokens += ids.length;
    for (const id of ids) if (id === specials.unk) unknown += 1;
  }
  return { tokens, unknown };
}

function phantomReports(): string[] {
  return Array.from({ length: reports }, (_, step) => {
    const open = (name: string) => new RandomStream({ seed: 7, name, step });
    const [findings, patient] = [drawFindings(open("findings")), drawPatient(open("patient"))];
    return writeReport({ findings, patient }, open("report")).report;
  });
}

async function tableReports(from: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { report } of tableCorpus({
    from,
    reportColumns: values["report-column"],
  }).texts()) {
    if (report !== undefined && found.length < reports) found.push(report);
  }
  return found;
}

function whole(option: "reports" | "vocab" | "rounds"): number {
  const value = Number(values[option]);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(
    `Cannot run the benchmark: --${option} is "${values[option]}", expected a whole number from 1`,
  );
}
