/** @file The instructions of pickle protocols 2 to 5, as far as plain data, tensors and the few known globals need them. */
import { globalReference, storageReference } from "./globals.ts";
import { type PickleMachine, setPairs } from "./pickle-machine.ts";
import { type Pickled, PickleError } from "./pickled.ts";

/** What one instruction does; it finds its arguments at the machine's cursor. */
export type Opcode = (machine: PickleMachine) => void;

/** The instruction that ends a pickle. */
export const STOP = 0x2e;

const HIGHEST_PROTOCOL = 5;

/** Pushes a value that the instruction builds. */
const building =
  (build: (machine: PickleMachine) => Pickled): Opcode =>
  (machine) =>
    machine.pushNew(build(machine));

/** A tuple or frozen set: nothing can be added to it, whatever else of the pickle holds it. */
function frozen(values: Pickled[]): Pickled {
  Object.freeze(values);
  return values;
}

const tuple = (count: number): Opcode => building((machine) => frozen(machine.popMany(count)));

function namedGlobal(module: Pickled, attribute: Pickled): Pickled {
  if (typeof module === "string" && typeof attribute === "string") {
    return globalReference(module, attribute);
  }
  throw new PickleError("its pickle names a global by something other than text");
}

function checkProtocol({ cursor }: PickleMachine): void {
  const protocol = cursor.uint8();
  if (protocol <= HIGHEST_PROTOCOL) return;
  throw new PickleError(
    `its pickle has protocol ${protocol}, at most ${HIGHEST_PROTOCOL} is expected`,
  );
}

const charCode = (character: string): number => character.charCodeAt(0);

/** Numbers, texts and bytes. */
const LITERALS: readonly (readonly [number, Opcode])[] = [
  [charCode("N"), building(() => null)],
  [0x88, building(() => true)],
  [0x89, building(() => false)],
  [charCode("J"), building(({ cursor }) => cursor.int32())],
  [charCode("K"), building(({ cursor }) => cursor.uint8())],
  [charCode("M"), building(({ cursor }) => cursor.uint16())],
  [0x8a, building(({ cursor }) => cursor.integer(cursor.uint8()))],
  [0x8b, building(({ cursor }) => cursor.integer(cursor.uint32()))],
  [charCode("G"), building(({ cursor }) => cursor.float64())],
  [0x8c, building(({ cursor }) => cursor.text(cursor.uint8()))],
  [charCode("X"), building(({ cursor }) => cursor.text(cursor.uint32()))],
  [0x8d, building(({ cursor }) => cursor.text(cursor.uint64()))],
  [charCode("U"), building(({ cursor }) => cursor.byteText(cursor.uint8()))],
  [charCode("T"), building(({ cursor }) => cursor.byteText(cursor.uint32()))],
  [charCode("C"), building(({ cursor }) => cursor.bytes(cursor.uint8()))],
  [charCode("B"), building(({ cursor }) => cursor.bytes(cursor.uint32()))],
  [0x8e, building(({ cursor }) => cursor.bytes(cursor.uint64()))],
  [0x96, building(({ cursor }) => cursor.bytes(cursor.uint64()))],
];

/** Lists, tuples, sets and dictionaries. */
const CONTAINERS: readonly (readonly [number, Opcode])[] = [
  [charCode("]"), building(() => [])],
  [charCode(")"), building(() => frozen([]))],
  [charCode("}"), building(() => new Map())],
  [0x8f, building(() => [])],
  [charCode("l"), building((machine) => machine.popMark())],
  [charCode("t"), building((machine) => frozen(machine.popMark()))],
  [0x91, building((machine) => frozen(machine.popMark()))],
  [charCode("d"), building((machine) => setPairs(new Map(), machine.popMark()))],
  [0x85, tuple(1)],
  [0x86, tuple(2)],
  [0x87, tuple(3)],
  [charCode("a"), (machine) => machine.append([machine.pop()])],
  [charCode("e"), (machine) => machine.append(machine.popMark())],
  [0x90, (machine) => machine.append(machine.popMark())],
  [charCode("s"), (machine) => machine.setItems(machine.popMany(2))],
  [charCode("u"), (machine) => machine.setItems(machine.popMark())],
];

/** The stack, the memo, and what is not plain data. */
const CONTROL: readonly (readonly [number, Opcode])[] = [
  [0x80, checkProtocol],
  [0x95, ({ cursor }) => void cursor.uint64()], // a frame's length: a hint for readers of streams
  [charCode("("), (machine) => machine.mark()],
  [charCode("0"), (machine) => machine.discard()],
  [charCode("1"), (machine) => void machine.popMark()],
  [charCode("2"), (machine) => machine.push(machine.top())],
  [charCode("h"), (machine) => machine.recall(machine.cursor.uint8())],
  [charCode("j"), (machine) => machine.recall(machine.cursor.uint32())],
  [charCode("q"), (machine) => machine.memoize(machine.cursor.uint8())],
  [charCode("r"), (machine) => machine.memoize(machine.cursor.uint32())],
  [0x94, (machine) => machine.memoize()],
  [charCode("c"), building(({ cursor }) => globalReference(cursor.line(), cursor.line()))],
  [
    0x93,
    (machine) => {
      const [module = null, attribute = null] = machine.popMany(2);
      machine.pushNew(namedGlobal(module, attribute));
    },
  ],
  [charCode("R"), (machine) => machine.call()],
  [0x81, (machine) => machine.call()], // NEWOBJ: of the few globals, classes build the same either way
  [charCode("b"), (machine) => machine.build()],
  [charCode("Q"), building((machine) => storageReference(machine.pop()))],
];

/** Every instruction, by its byte. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map([
  ...LITERALS,
  ...CONTAINERS,
  ...CONTROL,
]);
