/** @file Which parameters are updated how: weight decay and learning-rate factors by rule, as data. */
import type { Parameter } from "../nn/scope.ts";

/** How the parameters of a group are updated. */
export interface GroupOptions {
  readonly weightDecay: number;
  /** Factor on the schedule's learning rate. */
  readonly lrScale: number;
}

/** A group and which parameters belong to it. The first rule that matches takes a parameter. */
export interface GroupRule extends GroupOptions {
  readonly name: string;
  readonly matches: (parameter: Parameter) => boolean;
}

/**
 * AdamW's usual two groups: biases and one-dimensional parameters are not decayed, all others are. Class and mask tokens are
 * three-dimensional, and decay (SPEC 3.6).
 */
export function decayByRank(weightDecay: number): readonly GroupRule[] {
  const isUndecayed = ({ name, shape }: Parameter): boolean =>
    shape.length <= 1 || name.endsWith(".bias");
  return [
    { name: "no-decay", weightDecay: 0, lrScale: 1, matches: isUndecayed },
    { name: "decay", weightDecay, lrScale: 1, matches: () => true },
  ];
}

/**
 * Parameters by the rule that takes them, in the order of the rules.
 * @throws {RangeError} when no rule takes a parameter
 */
export function groupParameters(
  parameters: Iterable<Parameter>,
  rules: readonly GroupRule[],
): ReadonlyMap<GroupRule, readonly Parameter[]> {
  const groups = new Map<GroupRule, Parameter[]>(rules.map((rule) => [rule, []]));
  for (const parameter of parameters) {
    const rule = rules.find(({ matches }) => matches(parameter));
    if (rule === undefined)
      throw new RangeError(`Cannot group parameter "${parameter.name}": no rule takes it`);
    groups.get(rule)?.push(parameter);
  }
  return groups;
}
