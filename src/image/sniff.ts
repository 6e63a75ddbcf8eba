/** @file Says from the first bytes of a file what it holds, whatever it is called. */

/** A picture format that `decodeImage` reads. */
export type PictureFormat = "jpeg" | "png";

/** What a file's first bytes say: a format that is read here, or words for a message. */
export type Sniffed =
  | { readonly format: PictureFormat }
  | { readonly format: undefined; readonly found: string };

interface Signature {
  readonly found: string;
  /** Latin-1. */
  readonly magic: string;
  readonly offset?: number;
}

const READ: readonly (Signature & { readonly format: PictureFormat })[] = [
  { format: "jpeg", found: "a JPEG picture", magic: "\xff\xd8\xff" },
  { format: "png", found: "a PNG picture", magic: "\x89PNG\r\n\x1a\n" },
];

const NOT_READ: readonly Signature[] = [
  { found: "a DICOM file", magic: "DICM", offset: 128 },
  { found: "a GIF picture", magic: "GIF8" },
  { found: "a BMP picture", magic: "BM" },
  { found: "a TIFF picture", magic: "II*\0" },
  { found: "a TIFF picture", magic: "MM\0*" },
  { found: "a WebP picture", magic: "WEBP", offset: 8 },
  { found: "a HEIF or AVIF picture", magic: "ftyp", offset: 4 },
  { found: "a JPEG 2000 picture", magic: "\0\0\0\x0cjP  " },
  { found: "a JPEG 2000 codestream", magic: "\xff\x4f\xff\x51" },
  { found: "a PDF document", magic: "%PDF" },
  { found: "a zip archive", magic: "PK\x03\x04" },
  { found: "gzip data", magic: "\x1f\x8b" },
];

const LOOKED_AT = 512;

/**
 * Looks at a file's first bytes.
 * @param bytes the file, or at least its first 512 bytes
 */
export function sniffPicture(bytes: Uint8Array): Sniffed {
  if (bytes.length === 0) return { format: undefined, found: "an empty file" };
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LOOKED_AT));
  const start = head.toString("latin1");
  const matches = ({ magic, offset = 0 }: Signature): boolean => start.startsWith(magic, offset);
  const read = READ.find(matches);
  if (read !== undefined) return { format: read.format };
  const found = NOT_READ.find(matches)?.found ?? describeText(head) ?? "bytes of an unknown kind";
  return { format: undefined, found };
}

function describeText(head: Uint8Array): string | undefined {
  const text = decodeText(head)?.trimStart().toLowerCase();
  if (text === undefined) return undefined;
  if (text.startsWith("<") && text.includes("<svg")) return "an SVG drawing";
  if (/^<(?:!doctype html|html)\b/.test(text)) return "an HTML page";
  return "text";
}

/** UTF-8 without control characters but tab, line feed, form feed and carriage return. */
function decodeText(head: Uint8Array): string | undefined {
  try {
    // `stream`: the last character may be cut by the end of what is looked at.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return /[^\P{Cc}\t\n\f\r]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
