import assert from "node:assert/strict";
import { test } from "node:test";
import { suggest, suggestion } from "./suggest.ts";

test("suggest() finds slips, beginnings and last parts, and nothing far away", () => {
  const keys = ["train.lr", "train.epochs", "model.depth"];
  assert.equal(suggest("trian.lr", keys), "train.lr");
  assert.equal(suggest("lr", keys), "train.lr");
  assert.equal(suggest("model", keys), "model.depth");
  assert.equal(suggest("tokenizer", keys), undefined);
  assert.equal(suggest("x", []), undefined);
});

test("suggestion() names a short list when nothing is near", () => {
  assert.equal(suggestion("cpuu", ["cpu", "cuda"]), ", did you mean cpu?");
  assert.equal(suggestion("tpuxyz", ["cpu", "cuda"], "--"), ", expected one of --cpu, --cuda");
  assert.equal(
    suggestion(
      "zzzzzz",
      Array.from({ length: 20 }, (_, i) => `name-${i}`),
    ),
    "",
  );
});
