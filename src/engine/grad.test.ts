import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkGradients } from "../../test/check-gradients.ts";
import { drawAll, indices, nonzero, normal } from "../../test/draw.ts";
import { ShapeError } from "../util/errors.ts";
import { gradients } from "./grad.ts";
import { buildGraph } from "./graph.ts";
import { add, div, exp, gelu, mul, neg, relu, stopGradient, sub } from "./ops/elementwise.ts";
import { gatherRows } from "./ops/gather.ts";
import { reshape, split, transposeLast } from "./ops/layout.ts";
import { matmul } from "./ops/matmul.ts";
import { layerNormalization } from "./ops/normalize.ts";
import { reduceLogSumExp, reduceMax, reduceMean, reduceSum, softmax } from "./ops/reduce.ts";
import { apply, constantValue, input, type Op, scalar, type Tensor } from "./tensor.ts";

/** How often each operator stands in the graph that computes the tensors. */
function countOps(tensors: readonly (Tensor | null)[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  const outputs = tensors.flatMap((tensor, i) => (tensor ? [[`${i}`, tensor] as const] : []));
  for (const { op } of buildGraph(new Map(outputs)).nodes)
    counts[op.type] = (counts[op.type] ?? 0) + 1;
  return counts;
}

describe("gradients() in value", () => {
  test("follow the chain rule", () => {
    checkGradients(({ x }) => exp(neg(mul(gelu(x), scalar(0.5)))), drawAll({ x: normal(2, 3) }, 1));
  });

  test("add up over every use of a tensor", () => {
    checkGradients(
      ({ x }) => {
        const shared = mul(x, x);
        return add(mul(shared, exp(shared)), add(shared, x));
      },
      drawAll({ x: normal(3) }, 2),
    );
  });

  test("undo broadcasting on missing, single and both kinds of axes", () => {
    checkGradients(
      ({ x, a, b, c, d }) => mul(add(mul(x, a), b), div(c, d)),
      drawAll(
        { x: normal(2, 3, 4), a: normal(4), b: normal(3, 1), c: normal(), d: nonzero(1, 1, 4) },
        3,
      ),
    );
  });

  test("reach through tensors of several outputs, used in part and repeatedly", () => {
    checkGradients(
      ({ x }) => {
        const [first = x, , third = x] = split(x, [2, 1, 2], 0);
        return add(mul(first, third), exp(first));
      },
      drawAll({ x: normal(5, 2) }, 4),
    );
  });

  test("are right for attention with a cross-entropy on top", () => {
    const { query, key, value, rows, table } = {
      query: normal(2, 3, 4),
      key: normal(2, 3, 4),
      value: normal(2, 3, 4),
      table: normal(5, 4),
      rows: indices(5, 2, 3),
    };
    checkGradients(
      (x) => {
        const embedded = gatherRows(x.table, x.rows);
        const scores = mul(matmul(add(x.query, embedded), transposeLast(x.key)), scalar(0.5));
        const mixed = matmul(softmax(scores), x.value);
        return sub(reduceLogSumExp(mixed, { axes: [-1] }), reduceMean(mixed, { axes: [-1] }));
      },
      drawAll({ query, key, value, rows, table }, 5),
    );
  });
});

describe("gradients() in structure", () => {
  const x = input("x", "f32", [4, 3]);
  const w = input("w", "f32", [3, 5]);
  const b = input("b", "f32", [5]);

  test("sum over broadcast axes once", () => {
    const [db] = gradients(reduceSum(exp(add(matmul(x, w), b))), [b]);
    assert.deepEqual(db?.shape, [5]);
    assert.equal(countOps([db ?? null])["ReduceSum"], 1);
  });

  test("compute nothing for tensors that are not wanted", () => {
    const hidden = relu(matmul(x, w)); // [4, 5]
    const head = input("head", "f32", [5, 2]);
    const loss = reduceSum(matmul(hidden, head));
    // The forward product and the one of the head's gradient, and not a trace of the first layer's.
    assert.deepEqual(countOps(gradients(loss, [head])), {
      Input: 2,
      MatMul: 2,
      Relu: 1,
      Transpose: 1,
      Constant: 1,
      Reshape: 2,
      Expand: 2,
    });
    assert.equal(countOps(gradients(loss, [w]))["MatMul"], 3); // forward, through the head, to w
  });

  test("are null where the loss does not depend on a tensor", () => {
    assert.deepEqual(gradients(reduceSum(x), [w]), [null]);
    assert.deepEqual(gradients(reduceSum(add(x, stopGradient(mul(x, x)))), [w]), [null]);
  });

  test("end at stopGradient()", () => {
    const [dx] = gradients(reduceSum(mul(x, stopGradient(exp(x)))), [x]);
    assert.equal(countOps([dx ?? null])["Mul"], 1); // g · eˣ, and nothing through the exponential
    assert.deepEqual(gradients(reduceSum(stopGradient(x)), [x]), [null]);
  });

  test("are given for tensors between, for the loss and for the same tensor twice", () => {
    const hidden = exp(x);
    const loss = reduceSum(mul(hidden, hidden));
    const [dHidden, dx, again, dLoss] = gradients(loss, [hidden, x, x, loss]);
    assert.deepEqual(dHidden?.shape, [4, 3]);
    assert.ok(dx !== null && dx === again);
    assert.equal(dLoss && constantValue(dLoss)?.data[0], 1);
  });

  test("are scaled by the seed", () => {
    const seed = input("seed", "f32", []);
    const [dx] = gradients(reduceSum(x), [x], seed);
    assert.ok(buildGraph({ dx: dx ?? x }).nodes.includes(seed.node));
  });

  test("do not grow with the number of paths", () => {
    let y = x;
    for (let i = 0; i < 60; i++) y = mul(y, y); // 2⁶⁰ paths
    assert.equal(countOps(gradients(reduceSum(y), [x]))["Add"], 60);
  });

  test("do not exhaust the stack on a deep graph", () => {
    let y = input("y", "f32", []);
    const leaf = y;
    for (let i = 0; i < 20_000; i++) y = neg(y);
    assert.equal(countOps(gradients(y, [leaf]))["Neg"], 20_000);
  });
});

describe("gradients() refuse", () => {
  const x = input("x", "f32", [2, 3]);

  test("a loss that is not a scalar", () => {
    assert.throws(
      () => gradients(x, [x]),
      new ShapeError("Cannot differentiate f32[2,3]: a scalar loss is expected"),
    );
  });

  test("a seed that is not a scalar", () => {
    assert.throws(
      () => gradients(reduceSum(x), [x], input("seed", "f32", [3])),
      new ShapeError(
        "Cannot differentiate with the seed f32[3]: a scalar of the loss's type is expected, f32[]",
      ),
    );
  });

  test("to pass an operator without a gradient, unless nothing wanted lies behind it", () => {
    const largest = reduceMax(x, { axes: [0] });
    assert.throws(
      () => gradients(reduceSum(largest), [x]),
      new TypeError("Cannot differentiate through ReduceMax: the operator has no gradient"),
    );
    const w = input("w", "f32", [3]);
    assert.deepEqual(gradients(reduceSum(mul(largest, w)), [w])[0]?.shape, [3]);
  });

  test("a rule whose result does not fit", () => {
    type Unary = readonly [Tensor];
    const Broken: Op<Unary, Record<never, never>, Unary> = {
      type: "Broken",
      infer: ([y]) => [{ dtype: y.dtype, shape: y.shape }],
      vjp: ([g]) => [g && reshape(g, [3, 2])],
    };
    assert.throws(
      () => gradients(reduceSum(apply(Broken, [x], {})), [x]),
      new ShapeError("internal: Broken returned the gradient f32[3,2] for its input f32[2,3]"),
    );
  });

  test("a rule whose result is smaller than its input", () => {
    type Unary = readonly [Tensor];
    const Broken: Op<Unary, Record<never, never>, Unary> = {
      type: "Broken",
      infer: ([y]) => [{ dtype: y.dtype, shape: y.shape }],
      vjp: () => [scalar(1)],
    };
    assert.throws(
      () => gradients(reduceSum(apply(Broken, [x], {})), [x]),
      new ShapeError("internal: Broken returned the gradient f32[] for its input f32[2,3]"),
    );
  });

  test("gradients of gradients where the statistics of a normalisation are on the way", () => {
    const w = input("w", "f32", [3]);
    const loss = reduceSum(exp(layerNormalization(x, w, w, { epsilon: 1e-6 })));
    const [dx] = gradients(loss, [x]);
    assert.throws(
      () => gradients(reduceSum(dx ?? x), [x]),
      new TypeError(
        "Cannot differentiate through the mean and the inverse deviation of LayerNormalization: they have no gradient",
      ),
    );
  });
});
