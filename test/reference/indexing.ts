/** @file Reference kernels: reading and adding at places that are themselves data. */
import type { Kernel, Kernels } from "./kernel.ts";
import { addAt, axisOf, build, type Coordinates, everyPlace, read, type Values } from "./values.ts";

/** An index counted from the end when negative. */
const wrap = (index: number, length = 0): number => (index < 0 ? index + length : index);

const copy = ({ shape, data }: Values): Values => ({ shape, data: data.slice() });

function requireAdd(reduction: string): void {
  if (reduction !== "add")
    throw new TypeError(`Cannot scatter: no kernel for reduction "${reduction}"`);
}

const gather: Kernel = (inputs, attributes) => {
  const [x, indices] = [inputs.at(0), inputs.at(1)];
  const axis = axisOf(attributes.number("axis", 0), x);
  const rank = indices.shape.length;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return [
    build(shape, (at) => {
      const index = wrap(read(indices, at.slice(axis, axis + rank)), x.shape[axis]);
      return read(x, [...at.slice(0, axis), index, ...at.slice(axis + rank)]);
    }),
  ];
};

/** The place that an index at `at` points to along an axis. */
const pointed = (at: Coordinates, axis: number, index: number, length = 0): Coordinates =>
  at.map((i, each) => (each === axis ? wrap(index, length) : i));

const gatherElements: Kernel = (inputs, attributes) => {
  const [x, indices] = [inputs.at(0), inputs.at(1)];
  const axis = axisOf(attributes.number("axis", 0), x);
  return [
    build(indices.shape, (at) => read(x, pointed(at, axis, read(indices, at), x.shape[axis]))),
  ];
};

const scatterElements: Kernel = (inputs, attributes) => {
  requireAdd(attributes.word("reduction", "none"));
  const [out, indices, updates] = [copy(inputs.at(0)), inputs.at(1), inputs.at(2)];
  const axis = axisOf(attributes.number("axis", 0), out);
  for (const at of everyPlace(updates.shape)) {
    addAt(out, pointed(at, axis, read(indices, at), out.shape[axis]), read(updates, at));
  }
  return [out];
};

/** Gathers and scatters. */
export const indexing: Kernels = {
  Gather: gather,
  GatherElements: gatherElements,
  ScatterElements: scatterElements,
};
