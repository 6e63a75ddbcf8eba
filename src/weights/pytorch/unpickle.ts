/** @file Turns a pickle into plain data. Nothing is imported, looked up or called, whatever the pickle asks for. */
import { PickleBudget } from "./pickle-budget.ts";
import { PickleCursor } from "./pickle-cursor.ts";
import { PickleMachine } from "./pickle-machine.ts";
import { OPCODES, STOP } from "./pickle-opcodes.ts";
import { type Pickled, PickleError } from "./pickled.ts";

/** A longer pickle is refused: that of a checkpoint holds names and shapes only, a hundred bytes or so for each tensor. */
export const MAX_PICKLE_BYTES: number = 64 * 2 ** 20;

/**
 * More instructions are refused; a checkpoint of 10,000 tensors has about 600,000. This bounds the stack and the memo; what the
 * values take is bounded by a budget.
 */
const MAX_INSTRUCTIONS = 4_000_000;

/** A value, and the byte after its pickle. */
export interface Unpickled {
  readonly value: Pickled;
  readonly end: number;
}

/**
 * Reads one pickle.
 * @param start the byte at which it begins
 * @param budget of the file, where it holds several pickles
 * @throws {PickleEnds} when the bytes end before the pickle does
 * @throws {PickleError} when it is damaged, builds more than any checkpoint's, or asks for what plain data do not need
 */
export function unpickle(
  bytes: Uint8Array,
  start: number = 0,
  budget: PickleBudget = new PickleBudget(),
): Unpickled {
  const cursor = new PickleCursor(bytes, start);
  const machine = new PickleMachine(cursor, budget);
  for (let count = 0; count < MAX_INSTRUCTIONS; count++) {
    const at = cursor.position;
    const code = cursor.uint8();
    if (code === STOP) return { value: machine.pop(), end: cursor.position };
    const opcode = OPCODES.get(code);
    if (opcode === undefined) {
      const name = `0x${code.toString(16).padStart(2, "0")}`;
      throw new PickleError(
        `instruction ${name} at byte ${at} of its pickle is not one that a checkpoint uses; nothing was executed`,
      );
    }
    opcode(machine);
  }
  throw new PickleError(`its pickle has more than ${MAX_INSTRUCTIONS} instructions`);
}
