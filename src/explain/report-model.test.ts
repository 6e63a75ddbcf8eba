import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { NANO } from "../../test/nano-model.ts";
import { type PretrainedFileOptions, writePretrainedFile } from "../../test/pretrained-file.ts";
import { savedTensor, zipCheckpoint } from "../../test/pth-file.ts";
import { vitTensors } from "../../test/vit-tensors.ts";
import { SIZES } from "../recipes/sizes.ts";
import { createTokenizer } from "../text/tokenizer.ts";
import { wordVocabulary } from "../text/word-vocabulary.ts";
import { readReportModel } from "./report-model.ts";

const root = await mkdtemp(join(tmpdir(), "report-model-"));
after(() => rm(root, { recursive: true, force: true }));

const tokenizer = createTokenizer(wordVocabulary(["the heart is large ."], { size: 120 }));
const config = { ...NANO, vocab: tokenizer.size };

let files = 0;
async function modelFile(changes: Partial<PretrainedFileOptions> = {}): Promise<string> {
  const file = join(root, `${files++}.safetensors`);
  const own = { tokenizerSha256: tokenizer.sha256 };
  await writePretrainedFile(file, { config, seed: 1, ...own, ...changes });
  return file;
}

const refuses = async (file: string, message: RegExp): Promise<void> =>
  assert.rejects(readReportModel(file, tokenizer), { name: "WeightsError", message });

describe("readReportModel()", () => {
  test("gives sizes and the parameters that count, and a hash of what they compute", async () => {
    const model = await readReportModel(await modelFile(), tokenizer);
    assert.deepEqual(model.config, config);
    assert.equal(model.assumed, "");
    assert.ok(model.parameters.has("bert_mlp.weight"));
    assert.ok(!model.parameters.has("decoder_pred.weight"));
    const hashOf = async (changes: Partial<PretrainedFileOptions>): Promise<string> =>
      (await readReportModel(await modelFile(changes), tokenizer)).hash;
    const unread = "decoder_pred.bias";
    const change: PretrainedFileOptions["change"] = (parameters) =>
      parameters.get(unread)?.data.fill(7);
    assert.equal(await hashOf({ change }), model.hash, "what is not read has no influence");
    assert.notEqual(await hashOf({ seed: 2 }), model.hash);
    assert.notEqual(await hashOf({ config: { ...config, mean: 0.5 } }), model.hash);
  });

  test("assumes the published sizes of a file that does not state its own", async () => {
    const { tokens, ...sizes } = SIZES.demo;
    const demo = { ...config, ...sizes, positions: tokens, mean: 0.4721, std: 0.3037 };
    const model = await readReportModel(await modelFile({ config: demo, metadata: {} }), tokenizer);
    assert.deepEqual(model.config, demo);
    assert.match(model.assumed, /those that belong to its encoder.s width and depth are assumed/);
  });

  test("refuses a file without a report decoder", async () => {
    const mae = join(root, "mae.pth");
    const tensors = { ...vitTensors(), "decoder_embed.weight": savedTensor([4, 8], () => 0.5) };
    await writeFile(mae, zipCheckpoint({ model: tensors }));
    await refuses(
      mae,
      /^Cannot read cross-attention from ".*mae\.pth": it holds MAE pre-training, and no report decoder with context fusion; expected a run/,
    );
    const cut = await modelFile({
      change: (parameters) => {
        for (const name of parameters.keys()) {
          if (name.includes("cross_self_attention.key")) parameters.delete(name);
        }
      },
    });
    await refuses(cut, /: 2 missing \(.*cross_self_attention\.key\.weight, /);
  });

  test("refuses another vocabulary, by its hash or by its size", async () => {
    const other = await modelFile({ tokenizerSha256: "ab".repeat(32) });
    await refuses(
      other,
      /it was trained with another vocabulary \(SHA-256 abababababab…, this one has .*--tokenizer$/,
    );
    const large = { ...config, vocab: 150 };
    const larger = await modelFile({
      config: large,
      metadata: { config: JSON.stringify(large) }, // says nothing of its vocabulary
    });
    await refuses(larger, /it knows 150 words, and the vocabulary has \d+; give the tokenizer/);
  });

  test("refuses a header whose picture is not that of the tables, and values that are not finite", async () => {
    const metadata = { config: JSON.stringify({ ...config, imageSize: 8, bigImageSize: 16 }) };
    await refuses(
      await modelFile({ metadata }),
      /into cross-attention on pictures of 8 pixels \(4 × 4 patches of 2\): 1 reshaped \(pos_embed: \[1,5,8\] for \[1,17,8\]\)/,
    );
    const change: PretrainedFileOptions["change"] = (parameters) =>
      parameters.get("bert_mlp.weight")?.data.fill(Number.NaN, 0, 1);
    await refuses(await modelFile({ change }), /"bert_mlp\.weight".* not finite/);
    await refuses(await modelFile({ metadata: {} }), /its header does not state its sizes/);
  });
});
