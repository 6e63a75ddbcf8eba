import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertClose } from "../../test/close.ts";
import { type Draw, exactly, normal } from "../../test/draw.ts";
import { NANO } from "../../test/nano-model.ts";
import { build, read } from "../../test/reference/values.ts";
import { type TracedLayer, traceLayer } from "../../test/trace-layer.ts";
import { reportDecoder } from "./report-decoder.ts";

const IDS = [2, 5, 9, 0, 0];
const MASK = exactly("f32", [1, 5], [1, 1, 1, 0, 0]);

const decode = (
  draws: { ids?: readonly number[]; latent?: Draw } = {},
  config = NANO,
): TracedLayer =>
  traceLayer((s, inputs) => reportDecoder(s, inputs, config), {
    ids: exactly("i64", [1, 5], draws.ids ?? IDS),
    attentionMask: MASK,
    latent: draws.latent ?? normal(1, 4, 8),
  });

describe("reportDecoder()", () => {
  const whole = decode();
  const latent = whole.value("latent");

  test("gives logits of every word at every position", () => {
    assert.deepEqual(whole.output().shape, [1, 5, 11]);
  });

  test("lets no padding speak", () => {
    const logits = decode({ ids: [2, 5, 9, 7, 3] }).output();
    const real = (values: typeof logits) =>
      build([3, 11], ([t = 0, w = 0]) => read(values, [0, t, w]));
    assertClose({
      what: "logits",
      actual: real(logits),
      expected: real(whole.output()),
      tolerance: 1e-12,
    });
    assert.notDeepEqual(logits, whole.output());
  });

  test("reads patches in any order, and not the class token", () => {
    const order = [0, 3, 1, 2];
    const shuffled = build([1, 4, 8], ([, n = 0, d = 0]) =>
      n === 0 ? 99 : read(latent, [0, order[n] ?? 0, d]),
    );
    const logits = decode({ latent: exactly("f32", [1, 4, 8], [...shuffled.data]) }).output();
    assertClose({ what: "logits", actual: logits, expected: whole.output(), tolerance: 1e-10 });
    const moved = build([1, 4, 8], (at) => read(latent, at) + Number(at[1] === 2));
    const changed = decode({ latent: exactly("f32", [1, 4, 8], [...moved.data]) }).output();
    assert.notDeepEqual(changed, whole.output());
  });

  test("drops out at the sites of the text, each with a stream of its own", () => {
    const config = { ...NANO, dropout: 0.1, attentionDropout: 0.3 };
    const masks = [...decode({}, config).trace.masks.values()];
    const bert = "dropout/layer.bert_encoder.model.bert";
    const fusion = `${bert}.context_fusion_layer`;
    const layer = `${bert}.encoder.layer.0`;
    assert.deepEqual(Object.fromEntries(masks.map(({ name, keep }) => [name, keep])), {
      [`${bert}.embeddings`]: 0.9,
      [`${fusion}.attention.self.probs`]: 0.7,
      [`${fusion}.attention.output`]: 0.9,
      [`${fusion}.cross_self_attention.probs`]: 0.7,
      [`${fusion}.out_layer`]: 0.9,
      [`${fusion}.output`]: 0.9,
      [`${layer}.attention.self.probs`]: 0.7,
      [`${layer}.attention.output`]: 0.9,
      [`${layer}.output`]: 0.9,
    });
  });
});
