import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { checkpointEntries, savedTensor } from "../../../test/pth-file.ts";
import { MAX_BUILT_BYTES, PickleBudget } from "./pickle-budget.ts";
import { PickleEnds, PickleError } from "./pickled.ts";
import { unpickle } from "./unpickle.ts";

/** A pickle from text in Latin-1. */
const pickle = (text: string): Uint8Array => Buffer.from(text, "latin1");

const read = (text: string): unknown => unpickle(pickle(text)).value;

describe("unpickle()", () => {
  test("reads numbers, texts and bytes", () => {
    assert.equal(read("K\xff."), 255);
    assert.equal(read("M\x01\x02."), 513);
    assert.equal(read("J\xff\xff\xff\xff."), -1);
    assert.equal(read("\x8a\x00."), 0);
    assert.equal(read("\x8a\x02\xff\x7f."), 32767);
    assert.equal(read("\x8a\x01\xfe."), -2);
    assert.equal(read("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40."), 2n ** 62n);
    assert.equal(read("G\x3f\xf8\x00\x00\x00\x00\x00\x00."), 1.5);
    assert.equal(read("X\x02\x00\x00\x00\xc3\xa9."), "é");
    assert.equal(read("U\x02\xc3\xa9."), "Ã©");
    assert.deepEqual(read("C\x02ab."), new Uint8Array([97, 98]));
    assert.deepEqual([read("N."), read("\x88."), read("\x89.")], [null, true, false]);
  });

  test("reads containers, one of which may hold itself", () => {
    assert.deepEqual(read("](K\x01K\x02e."), [1, 2]);
    assert.deepEqual(read("(K\x01(K\x02tt."), [1, [2]]);
    assert.deepEqual(
      read("}(K\x01NK\x02\x88u."),
      new Map<number, unknown>([
        [1, null],
        [2, true],
      ]),
    );
    const list = read("]q\x00h\x00a.");
    assert.ok(Array.isArray(list));
    assert.equal(list[0], list);
  });

  test("keeps tuples from growing, whoever else holds them", () => {
    for (const tuple of [")", "(t", "(K\x01t", "K\x01\x85", "K\x01K\x02\x86", "(K\x01\x91"]) {
      assert.throws(() => read(`${tuple}q\x000h\x00K\x05a.`), /appends to what is no list/, tuple);
      assert.throws(() => read(`${tuple}(K\x05e.`), /appends to what is no list/, tuple);
    }
  });

  test("gives a tensor a shape and strides that no later instruction reaches", () => {
    const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
    const storage = `(${text("storage")}ctorch\nFloatStorage\n${text("0")}${text("cpu")}K\x04tQ`;
    const lists = "](K\x02eq\x00](K\x01eq\x01";
    // The tensor, then its strides again, one more among them; the list of both is what is read.
    const program = `](ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x00${lists}tRh\x01${text("x")}ae.`;
    const value = read(program);
    assert.ok(Array.isArray(value));
    const [tensor, strides] = value;
    assert.deepEqual(strides, [1, "x"]);
    assert.deepEqual(
      { shape: tensor.shape, strides: tensor.strides },
      { shape: [2], strides: [1] },
    );
  });

  test("says where a pickle ends, and that it did not", () => {
    const bytes = pickle("K\x01.K\x02.");
    assert.equal(unpickle(bytes, 3).value, 2);
    assert.equal(unpickle(bytes).end, 3);
    assert.throws(() => read("X\x05\x00\x00\x00ab"), PickleEnds);
    assert.throws(() => read("cos\nsystem"), PickleEnds);
  });

  test("refuses every global that it does not know, by its name, without calling it", () => {
    assert.throws(() => read("cos\nsystem\n."), /asks for os\.system/);
    assert.throws(() => read("X\x02\x00\x00\x00osX\x04\x00\x00\x00exec\x93."), /os\.exec/);
    assert.throws(() => read("c__proto__\nconstructor\n."), /__proto__\.constructor/);
  });

  test("refuses instructions by which other pickles build and run things", () => {
    for (const code of ["i", "o", "\x92", "\x82", "P", "I", "F", "\x97"]) {
      assert.throws(() => read(`${code}...`), /is not one that a checkpoint uses/, code);
    }
    assert.throws(() => read("K\x01)R."), /calls a value, which is not a function/);
    assert.throws(() => read("ctorch\nFloatStorage\n)R."), /calls torch\.FloatStorage/);
    assert.throws(() => read("]}b."), /gives a state to what has none/);
    assert.throws(() => read("K\x01Q."), /no storage/);
  });

  test("refuses what exhausts memory or time", () => {
    assert.throws(() => read("(".repeat(2000)), /nests more than 1000 levels/);
    assert.throws(() => unpickle(pickle("N0".repeat(2_000_001))), /more than 4000000 instructions/);
    assert.throws(() => read("\x8b\xff\xff\xff\x7f."), /integer of 2147483647 bytes/);
    assert.throws(() => read("\x8e\xff\xff\xff\xff\xff\xff\xff\x7f."), PickleEnds);
  });

  describe("bounds what a value that is kept and recalled may be built into, within seconds", () => {
    const long = (text: string): string => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      return `X${length.toString("latin1")}${text}`;
    };
    const encode = `c_codecs\nencode\nq\x000(${long("x".repeat(2 ** 20))}${long("latin1")}tq\x010`;
    const pair = "K\x01K\x02\x86";
    const ordered = `ccollections\nOrderedDict\nq\x000](${pair.repeat(20_000)}e\x85q\x010`;
    const items = Array.from({ length: 200_000 }, (_, i) => `${long(`key ${i}`)}N`).join("");
    const namespace = `cargparse\nNamespace\n)R}(${items}uq\x00`;
    const tensor = `ctorch._utils\n_rebuild_tensor_v2\nq\x000((${long("storage")}ctorch\nFloatStorage\n${long("0")}${long("cpu")}K\x04tQK\x00(${"K\x01".repeat(64)}t2tq\x010`;
    for (const [name, program] of [
      ["bytes", `${encode}(${"h\x00h\x01R".repeat(500)}`],
      ["dictionaries", `${ordered}(${"h\x00h\x01R".repeat(100_000)}`],
      ["states", `${namespace}b${"h\x00b".repeat(1000)}`],
      ["tensors", `${tensor}(${"h\x00h\x01R".repeat(700_000)}`],
      ["empty dictionaries", `(${"}".repeat(3_000_000)}`],
    ] as const) {
      test(name, () => {
        const before = process.cpuUsage();
        assert.throws(() => read(program), /values of more than 256 MiB beside its tensors/);
        const { user, system } = process.cpuUsage(before);
        assert.ok(user + system < 10e6, `${(user + system) / 1e6} s`);
      });
    }
  });

  test("reads 20,000 tensors well within its bounds", () => {
    const weight = savedTensor([4, 3, 2, 2], () => 0);
    const tensors = Array.from({ length: 20_000 }, (_, i) => [
      `blocks.${i}.attn.qkv.weight`,
      weight,
    ]);
    const [pickled] = checkpointEntries({ state_dict: Object.fromEntries(tensors), epoch: 3 });
    assert.ok(pickled !== undefined);
    const budget = new PickleBudget();
    const { value } = unpickle(pickled.bytes, 0, budget);
    assert.ok(value instanceof Map);
    assert.ok(value.get("state_dict") instanceof Map);
    assert.ok(budget.spent < MAX_BUILT_BYTES / 8, `${budget.spent}`);
  });

  test("refuses keys that are containers, or numbers beyond 2⁵³", () => {
    assert.throws(() => read("}]Ns."), /a key that is neither text nor number/);
    assert.throws(
      () => read("}\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01Ns."),
      /a key that is neither/,
    );
  });

  test("shows no more of an unknown name than a line", () => {
    assert.throws(
      () => read(`c${"o".repeat(5000)}\nx\n.`),
      (error: unknown) => {
        assert.ok(error instanceof PickleError);
        return error.message.length < 500;
      },
    );
  });

  test("throws nothing but its own errors, whatever the bytes", () => {
    const codes = [..."(.012BCGJKMNQRTUX]abcdehjlqrstu})\x80\x81\x85\x88\x8a\x8c\x90\x93\x94"];
    const program = fc.array(fc.oneof(fc.constantFrom(...codes), fc.constantFrom("\x00", "\x01")));
    fc.assert(
      fc.property(program, (parts) => {
        try {
          read(`${parts.join("")}.`);
        } catch (error) {
          assert.ok(error instanceof PickleError, String(error));
        }
      }),
      { numRuns: 2000, seed: 5 },
    );
  });
});
