/** @file Which format a file is of, by its first bytes; what is no weight file is refused with a word on how it came about. */
import { isLfsPointer } from "../util/lfs-pointer.ts";
import { type OpenHandle, readFully } from "./read-range.ts";
import { refuseFile } from "./refuse-file.ts";
import { LENGTH_BYTES, MAX_HEADER_BYTES } from "./safetensors-header.ts";

/** How a file has to be opened. */
export type FileFormat = "safetensors" | "pytorch" | "json";

/** Enough for every mark below; a pointer of Git LFS is shorter than this as a whole. */
const START_BYTES = 512;

const WEB_PAGE = /^\s*<(?:!doctype|html|head|body|\?xml|!--)/i;

/** Formats that people take for weights of this kind, by how they begin. */
const FOREIGN: readonly (readonly [start: string, what: string, remedy: string])[] = [
  ["GGUF", "a GGUF file", "those hold language models"],
  ["\x89HDF", "an HDF5 file, as Keras writes", "have its tensors saved as safetensors"],
  ["\x93NUMPY", "a NumPy array", "have its tensors saved as safetensors"],
  ["\x1f\x8b", "compressed with gzip", "unpack it first"],
  ["BZh", "compressed with bzip2", "unpack it first"],
  ["\xfd7zXZ", "compressed with xz", "unpack it first"],
  ["\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first"],
  ["7z\xbc\xaf", "a 7-Zip archive", "unpack it first"],
  ["Rar!", "a RAR archive", "unpack it first"],
  ["\x89PNG", "a PNG picture", "give the file of the weights"],
  ["\xff\xd8\xff", "a JPEG picture", "give the file of the weights"],
];

const EXPECTED = "expected a safetensors file, an index of such files, or a PyTorch checkpoint";

/** Does it begin as a safetensors file does, with the length of a header in 64 bits, and the header? */
function isSafetensors(start: Uint8Array): boolean {
  if (start.length <= LENGTH_BYTES || start[LENGTH_BYTES] !== "{".charCodeAt(0)) return false;
  const view = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES);
  return view.getBigUint64(0, true) <= BigInt(MAX_HEADER_BYTES);
}

/** Does it begin as a pickle of protocol 2 to 5 does? */
const isPickle = ([mark = 0, protocol = 0]: Uint8Array): boolean =>
  mark === 0x80 && protocol >= 2 && protocol <= 5;

/** Refuses what was downloaded in place of the file. */
function refuseStandIns(file: string, text: string): void {
  if (isLfsPointer(text)) {
    const size = /\nsize (\d{1,15})\n/.exec(text)?.[1];
    const missing = size === undefined ? "the file itself" : `the file itself, of ${size} bytes,`;
    refuseFile(
      file,
      `it is a Git LFS pointer, and ${missing} has not been fetched; run "git lfs pull" in its repository, or download the file`,
    );
  }
  if (WEB_PAGE.test(text)) {
    refuseFile(
      file,
      "it is a web page saved in place of the file; download it again by the link to the file itself",
    );
  }
}

/**
 * The format of an open file, whatever it is called.
 * @throws {WeightsError} when the file is empty, or of another format
 */
export async function formatOf(
  file: string,
  { handle, fileBytes }: OpenHandle,
): Promise<FileFormat> {
  if (fileBytes === 0) refuseFile(file, "it is empty; download or copy it again");
  const start = new Uint8Array(Math.min(START_BYTES, fileBytes));
  await readFully(handle, start, 0);
  if (isSafetensors(start)) return "safetensors";
  const text = Buffer.from(start).toString("latin1");
  if (text.startsWith("PK") || isPickle(start)) return "pytorch";
  if (/^\s*\{/.test(text)) return "json";
  refuseStandIns(file, text);
  for (const [mark, what, remedy] of FOREIGN) {
    if (text.startsWith(mark)) refuseFile(file, `it is ${what}, ${EXPECTED}; ${remedy}`);
  }
  const bytes = Buffer.from(start.subarray(0, LENGTH_BYTES)).toString("hex");
  refuseFile(
    file,
    `its ${fileBytes} bytes begin with 0x${bytes}, as no weight file does, ${EXPECTED}`,
  );
}
