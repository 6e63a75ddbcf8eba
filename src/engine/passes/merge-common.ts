/** @file Pass: equal operators on equal inputs are computed once (common sub-expressions). */
import type { NdArray } from "../../util/nd-array.ts";
import type { Graph } from "../graph.ts";
import { type Attrs, type AttrValue, constantValue, inputName, type Tensor } from "../tensor.ts";
import { rebuild, rewrite } from "./rewrite.ts";

/** Larger constants are compared by identity: two equal ones are then kept apart, which costs memory, not correctness. */
const LARGEST_COMPARED = 64;

function constantKey(value: NdArray): string | undefined {
  if (value.data.length > LARGEST_COMPARED) return undefined;
  return `${value.dtype}[${value.shape.join(",")}]${[...value.data].map(numberKey).join(",")}`;
}

/** Text that tells any two numbers apart; JSON writes −0 as 0, and infinities as null. */
const numberKey = (x: number | bigint): string => (Object.is(x, -0) ? "-0" : String(x));

const attrKey = (_name: string, value: AttrValue): unknown =>
  typeof value === "number" ? numberKey(value) : value;

const attrsKey = (attrs: Attrs): string =>
  JSON.stringify(
    Object.keys(attrs)
      .sort()
      .map((name) => [name, attrs[name]]),
    attrKey,
  );

/** Merges nodes with the same operator, attributes and inputs. */
export function mergeCommon(graph: Graph): Graph {
  const numbers = new Map<Tensor, number>();
  const known = new Map<string, readonly Tensor[]>();
  const numberOf = (tensor: Tensor): number => {
    const number = numbers.get(tensor) ?? numbers.size;
    numbers.set(tensor, number);
    return number;
  };
  return rewrite(graph, ({ node, inputs }) => {
    const [first] = node.outputs;
    if (first === undefined || inputName(first) !== undefined) return undefined;
    const value = constantValue(first);
    const body = value === undefined ? attrsKey(node.attrs) : constantKey(value);
    if (body === undefined) return undefined;
    const key = `${node.op.domain ?? ""}:${node.op.type}(${inputs.map(numberOf).join(",")})${body}`;
    const outputs = known.get(key) ?? rebuild(node, inputs);
    known.set(key, outputs);
    return outputs;
  });
}
