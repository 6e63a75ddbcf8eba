/**
 * @file The stack machine that a pickle is a program for, reduced to building plain data: a stack, marks in it, and a memo of
 * values to come back to. `pickle-opcodes.ts` holds its instructions.
 */
import { buildGlobal, toKey } from "./globals.ts";
import { ELEMENT_BYTES, ENTRY_BYTES, type PickleBudget } from "./pickle-budget.ts";
import type { PickleCursor } from "./pickle-cursor.ts";
import { hasKind, type Pickled, type PickledDict, PickleError } from "./pickled.ts";

/** How far marks may be nested; the deepest checkpoint is a few levels deep. */
const MAX_MARKS = 1000;

/** The state of one unpickling. */
export class PickleMachine {
  /** Where the arguments of instructions are read. */
  readonly cursor: PickleCursor;
  readonly #budget: PickleBudget;
  #stack: Pickled[] = [];
  readonly #below: Pickled[][] = [];
  readonly #memo = new Map<number, Pickled>();

  constructor(cursor: PickleCursor, budget: PickleBudget) {
    this.cursor = cursor;
    this.#budget = budget;
  }

  /** Pushes a value that is there already. */
  push(value: Pickled): void {
    this.#stack.push(value);
  }

  /** Pushes a value that has just been built. */
  pushNew(value: Pickled): void {
    this.push(this.#budget.count(value));
  }

  pop(): Pickled {
    const value = this.#stack.pop();
    return value === undefined ? emptyStack() : value;
  }

  top(): Pickled {
    const value = this.#stack.at(-1);
    return value === undefined ? emptyStack() : value;
  }

  /** The last `count` values, in the order in which they were pushed. */
  popMany(count: number): Pickled[] {
    if (this.#stack.length < count) emptyStack();
    return this.#stack.splice(this.#stack.length - count, count);
  }

  mark(): void {
    if (this.#below.length >= MAX_MARKS) {
      throw new PickleError(`its pickle nests more than ${MAX_MARKS} levels`);
    }
    this.#below.push(this.#stack);
    this.#stack = [];
  }

  /** The values above the last mark, which is taken away. */
  popMark(): Pickled[] {
    const above = this.#stack;
    const below = this.#below.pop();
    if (below === undefined) throw new PickleError("its pickle takes a mark that it did not set");
    this.#stack = below;
    return above;
  }

  /** Throws a value away, or a mark with nothing above it. */
  discard(): void {
    if (this.#stack.length > 0) this.#stack.pop();
    else this.popMark();
  }

  memoize(index: number = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) {
      throw new PickleError(`its pickle recalls value ${index}, which it did not keep`);
    }
    this.push(value);
  }

  /** Adds to the list or set on top of the stack. */
  append(values: readonly Pickled[]): void {
    const list = this.top();
    if (!Array.isArray(list) || Object.isFrozen(list)) {
      throw new PickleError("its pickle appends to what is no list");
    }
    this.#budget.charge(ELEMENT_BYTES * values.length);
    for (const value of values) list.push(value);
  }

  /** Sets keys and values, which alternate, in the dictionary on top of the stack. */
  setItems(keysAndValues: readonly Pickled[]): void {
    this.#budget.charge((ENTRY_BYTES / 2) * keysAndValues.length);
    setPairs(this.top(), keysAndValues);
  }

  /** Replaces a callee and its arguments by what the call stands for. */
  call(): void {
    const args = this.pop();
    this.pushNew(buildGlobal(this.pop(), args, this.#budget));
  }

  /** Gives a state to the value on top of the stack. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    // The attributes of an ordered dictionary (`_metadata`: versions of modules) say nothing of the tensors.
    if (target instanceof Map && state instanceof Map) return;
    if (hasKind(target, "namespace") && state instanceof Map) {
      this.#budget.charge(ENTRY_BYTES * state.size);
      for (const [key, value] of state) target.values.set(key, value);
    } else if (hasKind(target, "numpy-type") && Array.isArray(state)) {
      target.isBigEndian = state[1] === ">";
    } else {
      throw new PickleError("its pickle gives a state to what has none; nothing was executed");
    }
  }
}

function emptyStack(): never {
  throw new PickleError("its pickle takes a value from an empty stack");
}

/** Sets keys and values, which alternate, in a dictionary. */
export function setPairs(dict: Pickled, keysAndValues: readonly Pickled[]): PickledDict {
  if (!(dict instanceof Map) || keysAndValues.length % 2 !== 0) {
    throw new PickleError("its pickle sets items of what is no dictionary");
  }
  for (let i = 0; i < keysAndValues.length; i += 2) {
    const [key = null, value = null] = keysAndValues.slice(i, i + 2);
    dict.set(toKey(key), value);
  }
  return dict;
}
