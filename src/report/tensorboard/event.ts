/**
 * @file TensorFlow's `Event` message as far as a run needs it (tensorflow/core/util/event.proto, framework/summary.proto),
 * written field by field: there is no generated code for a dozen fields.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** A picture as an encoded file. */
export interface EventImage {
  readonly width: number;
  readonly height: number;
  /** The bytes of a grey PNG. */
  readonly png: Uint8Array;
}

/** One value of a summary: a number, or a picture. */
export interface SummaryValue {
  /** The name of its curve, such as `loss/mim`; what stands before the `/` groups curves. */
  readonly tag: string;
  /** Shown beside the curve; readers heed the first that they find. */
  readonly description?: string;
  readonly value: number | EventImage;
}

/** What an event says. */
export type EventContent =
  | { readonly kind: "version" }
  /** A process begins with this step: what readers have of this step and later ones is void. */
  | { readonly kind: "start" }
  | { readonly kind: "summary"; readonly values: readonly SummaryValue[] };

/** An event of a run. */
export interface BoardEvent {
  /** When it happened, seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly content: EventContent;
}

/** Version 2 is the first whose session starts readers heed. */
const FILE_VERSION = "brain.Event:2";
const SESSION_START = 1;
/** Grey, in `Summary.Image.colorspace`. */
const GREY = 1;

/** The bytes of an `Event`. */
export function encodeEvent({ wallTime, step, content }: BoardEvent): Uint8Array {
  const event = new BinaryWriter();
  event.tag(1, WireType.Bit64).double(wallTime);
  event.tag(2, WireType.Varint).int64(step);
  switch (content.kind) {
    case "version":
      event.tag(3, WireType.LengthDelimited).string(FILE_VERSION);
      break;
    case "start":
      event.tag(7, WireType.LengthDelimited).fork();
      event.tag(1, WireType.Varint).int32(SESSION_START);
      event.join();
      break;
    case "summary":
      event.tag(5, WireType.LengthDelimited).fork();
      for (const value of content.values) writeValue(event, value);
      event.join();
      break;
    default:
      content satisfies never;
  }
  return event.finish();
}

/** `Summary.value`, a repeated message. */
function writeValue(summary: BinaryWriter, { tag, description, value }: SummaryValue): void {
  summary.tag(1, WireType.LengthDelimited).fork();
  summary.tag(1, WireType.LengthDelimited).string(tag);
  if (typeof value === "number") summary.tag(2, WireType.Bit32).float(asFloat(value));
  else writeImage(summary, value);
  if (description !== undefined) {
    summary.tag(9, WireType.LengthDelimited).fork(); // SummaryMetadata
    summary.tag(1, WireType.LengthDelimited).fork(); // its PluginData
    summary
      .tag(1, WireType.LengthDelimited)
      .string(typeof value === "number" ? "scalars" : "images");
    summary.join();
    summary.tag(3, WireType.LengthDelimited).string(description);
    summary.join();
  }
  summary.join();
}

function writeImage(value: BinaryWriter, { width, height, png }: EventImage): void {
  value.tag(4, WireType.LengthDelimited).fork();
  value.tag(1, WireType.Varint).int32(height);
  value.tag(2, WireType.Varint).int32(width);
  value.tag(3, WireType.Varint).int32(GREY);
  value.tag(4, WireType.LengthDelimited).bytes(png);
  value.join();
}

/** The value as a single-precision number: infinite, as everywhere, where it is too large for one. */
const asFloat = Math.fround;
