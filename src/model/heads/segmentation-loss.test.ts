import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { checkTracedGradients } from "../../../test/check-gradients.ts";
import { assertClose } from "../../../test/close.ts";
import { between, type Draw, exactly, normal } from "../../../test/draw.ts";
import { build, everyPlace, read, type Values } from "../../../test/reference/values.ts";
import { type TracedLayer, traceLayer } from "../../../test/trace-layer.ts";
import { gradients } from "../../engine/grad.ts";
import { buildGraph } from "../../engine/graph.ts";
import { Program } from "../../engine/runtime/program.ts";
import { input } from "../../engine/tensor.ts";
import { type NdArray, type Shape, zeros } from "../../util/nd-array.ts";
import { mixedLoss } from "./segmentation-loss.ts";

const SHAPE = [3, 2, 4, 5] as const;
const DRAWS = { logits: normal(...SHAPE), targets: between(0, 1, ...SHAPE) };
type Known = (mask: number, plane: number) => number;

const sigma = (x: number): number => 1 / (1 + Math.exp(-x));
/** ln(1 + eˣ) for any x. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const crossEntropy = (z: number, t: number): number => t * softplus(-z) + (1 - t) * softplus(z);
const focalOf = (z: number, t: number): number => sigma(-z * (2 * t - 1)) ** 2 * crossEntropy(z, t);

/** The terms of a class by their definition, over the pixels of its known masks. */
function termsOf(
  logits: Values,
  targets: Values,
  { plane, known }: { plane: number; known: Known },
) {
  const places = everyPlace(logits.shape).filter(
    ([mask = 0, channel = 0]) => channel === plane && known(mask, plane) === 1,
  );
  let [focal, both, either] = [0, 0, 0];
  for (const at of places) {
    const [z, t] = [read(logits, at), read(targets, at)];
    focal += focalOf(z, t) / places.length;
    both += sigma(z) * t;
    either += sigma(z) + t;
  }
  return { focal, dice: (2 * both + 1) / (either + 1) };
}

const knownAs = (...values: readonly number[]): Draw => exactly("f32", [3, 2], values);
const ALL = [1, 1, 1, 1, 1, 1];

/** Loss, its parts, and the terms of every class, as outputs 0 … 4; without `known` where none is given. */
const lossLayer = (known?: readonly number[]): TracedLayer =>
  traceLayer(
    (_, { logits, targets, known: isKnown }) => {
      const given = known === undefined ? {} : { known: isKnown };
      const { loss, focalPart, dicePart, perClass } = mixedLoss(logits, { targets, ...given });
      return [loss, focalPart, dicePart, perClass.focal, perClass.dice];
    },
    { ...DRAWS, known: knownAs(...(known ?? ALL)) },
  );

/** Fails unless a layer's outputs are those of the definition: the mean over the classes of which a mask is known. */
function assertDefined(layer: TracedLayer, known: readonly number[]): void {
  const terms = [0, 1].flatMap((plane) => {
    const isKnown: Known = (mask, of) => known[2 * mask + of] ?? 0;
    const [logits, targets] = [layer.value("logits"), layer.value("targets")];
    const counts = [0, 1, 2].some((mask) => isKnown(mask, plane) === 1);
    return counts ? [termsOf(logits, targets, { plane, known: isKnown })] : [];
  });
  const mean = (value: (term: { focal: number; dice: number }) => number): number =>
    terms.reduce((sum, term) => sum + value(term) / terms.length, 0);
  const [focal, overlap] = [mean((term) => 10 * term.focal), mean((term) => -Math.log(term.dice))];
  for (const [i, number] of [focal + overlap, focal, overlap].entries()) {
    const expected = build([], () => number);
    assertClose({ what: `output ${i}`, actual: layer.output(i), expected, tolerance: 1e-12 });
  }
}

describe("mixedLoss()", () => {
  test("is ten times the focal loss less ln Dice, the mean over the classes", () => {
    const layer = lossLayer();
    assertDefined(layer, ALL);
    checkTracedGradients(layer);
  });

  test("has the terms of every class beside it", () => {
    const layer = lossLayer();
    for (const plane of [0, 1]) {
      const [logits, targets] = [layer.value("logits"), layer.value("targets")];
      const { focal, dice } = termsOf(logits, targets, { plane, known: () => 1 });
      assert.ok(Math.abs(read(layer.output(3), [plane]) - focal) < 1e-12);
      assert.ok(Math.abs(read(layer.output(4), [plane]) - dice) < 1e-12);
    }
  });

  test("counts known masks only, in every sum and mean", () => {
    const layer = lossLayer([1, 0, 0, 1, 1, 1]);
    assertDefined(layer, [1, 0, 0, 1, 1, 1]);
    checkTracedGradients(layer);
  });

  test("leaves out a class of which no mask is known", () => {
    const layer = lossLayer([1, 0, 1, 0, 0, 0]);
    assertDefined(layer, [1, 0, 1, 0, 0, 0]);
    assert.deepEqual([read(layer.output(3), [1]), read(layer.output(4), [1])], [0, 1]);
  });

  test("is 0 where nothing is known, and moves nothing", async () => {
    const found = await lossOf({ shape: SHAPE, z: (i) => i % 7, t: (i) => i % 2, known: 0 });
    assert.equal(found.loss, 0);
    assert.ok(found.gradient.every((g) => Math.abs(g) === 0));
  });
});

/** Programs by what they were compiled for: many numbers are shown to each. */
const programs = new Map<string, Promise<Program>>();
after(async () => {
  for (const program of programs.values()) await (await program)[Symbol.asyncDispose]();
});

function compiledLoss(shape: Shape, hasKnown: boolean): Promise<Program> {
  const key = `${shape.join()} ${hasKnown}`;
  const compiled = programs.get(key) ?? compileLoss(shape, hasKnown);
  programs.set(key, compiled);
  return compiled;
}

async function compileLoss(shape: Shape, hasKnown: boolean): Promise<Program> {
  const logits = input("logits", "f32", shape);
  const { loss } = mixedLoss(logits, {
    targets: input("targets", "f32", shape),
    ...(hasKnown && { known: input("known", "f32", shape.slice(0, 2)) }),
  });
  const [gradient] = gradients(loss, [logits]);
  assert.ok(gradient);
  return Program.compile(buildGraph({ loss, gradient }), { provider: "cpu", threads: 1 });
}

/** A loss in f32 with its gradient, as the runtime computes them. */
async function lossOf({
  shape,
  z,
  t,
  known,
}: {
  readonly shape: Shape;
  readonly z: (position: number) => number;
  readonly t: (position: number) => number;
  readonly known?: number;
}) {
  const [batch = 0, classes = 0] = shape;
  const filled = (of: Shape, value: (position: number) => number): NdArray<"f32"> => {
    const array = zeros("f32", of);
    return { ...array, data: array.data.map((_, i) => value(i)) };
  };
  const program = await compiledLoss(shape, known !== undefined);
  const feeds = new Map([
    ["logits", filled(shape, z)],
    ["targets", filled(shape, t)],
    ...(known === undefined ? [] : [["known", filled([batch, classes], () => known)] as const]),
  ]);
  const results = await program.run(feeds);
  return {
    loss: Number(results.get("loss")?.data[0]),
    gradient: Array.from(results.get("gradient")?.data ?? [], Number),
  };
}

/** Loss and gradient by their formulas in double precision, of one class. */
function byFormula(z: readonly number[], t: readonly number[]) {
  const n = z.length;
  const at = (i: number): readonly [number, number] => [z[i] ?? 0, t[i] ?? 0];
  const total = (f: (z: number, t: number) => number): number =>
    z.reduce((sum, _, i) => sum + f(...at(i)), 0);
  const both = 2 * total((x, y) => sigma(x) * y) + 1;
  const either = total((x, y) => sigma(x) + y) + 1;
  return {
    loss: (10 / n) * total(focalOf) - Math.log(both / either),
    gradient: z.map((_, i) => {
      const [x, y] = at(i);
      const side = 2 * y - 1;
      const doubt = sigma(-x * side);
      const weight = -2 * doubt * doubt * sigma(x * side) * side; // of (1 − σ(u))²
      const focal = weight * crossEntropy(x, y) + doubt ** 2 * (sigma(x) - y);
      const slope = sigma(x) * sigma(-x);
      return (10 / n) * focal - (2 * y * slope) / both + slope / either;
    }),
  };
}

describe("mixedLoss() in single precision", () => {
  const LOGITS = [-1e4, -100, -30, -20, -3, 0, 3, 20, 30, 100, 1e4];
  const TARGETS = [0, 0.25, 0.5, 0.75, 1];

  for (const target of TARGETS) {
    test(`is right at any logit against ${target}`, async () => {
      for (const logit of LOGITS) {
        const [z, t] = [Array<number>(9).fill(logit), Array<number>(9).fill(target)];
        // One pixel is moderate, so that no gradient is that of a constant.
        z[4] = 0.5;
        const expected = byFormula(z, t);
        const found = await lossOf({
          shape: [1, 1, 3, 3],
          z: (i) => z[i] ?? 0,
          t: () => target,
        });
        const error = Math.abs(found.loss - expected.loss);
        assert.ok(error <= 1e-6 * Math.max(1, expected.loss), `loss at ${logit}: ${found.loss}`);
        for (const [i, value] of expected.gradient.entries()) {
          const apart = Math.abs((found.gradient[i] ?? Number.NaN) - value);
          assert.ok(apart <= 3e-6 * Math.max(1, Math.abs(value)), `gradient ${i} at ${logit}`);
        }
      }
    });
  }

  test("sees nothing in a large batch of nothing", async () => {
    const found = await lossOf({ shape: [4, 1, 224, 224], z: () => -18, t: () => 0 });
    const pixels = 4 * 224 * 224;
    const expected = Math.log1p(pixels * sigma(-18)); // 0.003; the runtime's own σ has another there
    assert.ok(Math.abs(found.loss - expected) < 5e-5 * expected, `${found.loss}, not ${expected}`);
  });

  test("is NaN when a logit is, whichever it is, known or not", async () => {
    for (const known of [0, 1]) {
      for (let bad = 0; bad < 35; bad++) {
        const z = (i: number): number => (i === bad ? Number.NaN : 0.1 * i);
        const found = await lossOf({ shape: [1, 1, 5, 7], z, t: (i) => i % 2, known });
        assert.ok(Number.isNaN(found.loss), `logit ${bad} is NaN, the loss ${found.loss}`);
      }
    }
  });

  test("is not finite when a logit is not, on either side of its mask", async () => {
    for (const logit of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const target of TARGETS) {
        const z = (i: number): number => (i === 2 ? logit : 1);
        const found = await lossOf({ shape: [1, 1, 2, 2], z, t: () => target });
        assert.ok(!Number.isFinite(found.loss), `${logit} against ${target}: ${found.loss}`);
      }
    }
  });
});
