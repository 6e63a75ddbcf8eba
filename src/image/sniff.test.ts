import assert from "node:assert/strict";
import { test } from "node:test";
import { sniffPicture } from "./sniff.ts";

function found(bytes: Uint8Array | string): string | undefined {
  const sniffed = sniffPicture(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  return sniffed.format ?? sniffed.found;
}

test("sniffPicture() knows the formats that are read", () => {
  assert.equal(found("\xff\xd8\xff\xe0\0\x10JFIF"), "jpeg");
  assert.equal(found("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "png");
});

test("sniffPicture() names what it is not", () => {
  assert.equal(found(`${"\0".repeat(128)}DICM`), "a DICOM file");
  assert.equal(found("RIFF\0\0\0\0WEBPVP8 "), "a WebP picture");
  assert.equal(found("GIF89a"), "a GIF picture");
  assert.equal(found("%PDF-1.7"), "a PDF document");
  assert.equal(found("\x00\x01\x02\x03"), "bytes of an unknown kind");
  assert.equal(found("\x89PNG\r"), "bytes of an unknown kind");
});

test("sniffPicture() tells drawings, pages and other text apart", () => {
  assert.equal(found("\n <!-- made by hand -->\n<svg>"), "an SVG drawing");
  assert.equal(found("<!DOCTYPE svg PUBLIC><SVG>"), "an SVG drawing");
  assert.equal(found("<!doctype html><p>404"), "an HTML page");
  assert.equal(found("path,label\na.jpg,1"), "text");
});

test("sniffPicture() takes text whose last character is cut by the window", () => {
  assert.equal(found(Buffer.from(`a${"é".repeat(400)}`, "utf8")), "text");
});

test("sniffPicture() says when there is nothing", () => {
  assert.equal(found(""), "an empty file");
});
