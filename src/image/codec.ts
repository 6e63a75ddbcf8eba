/** @file The one place that sets up sharp (libvips): which decoders may run, on how many threads, with which cache. */
import sharp from "sharp";

let configured = false;

/**
 * libvips' decoders other than JPEG and PNG, which are blocked one by one: to block them all and then allow two would, for a
 * moment, block those two in every thread of the process, since the settings are the process's.
 */
const OTHER_DECODERS = [
  ...[
    "Analyze",
    "Csv",
    "Dcraw",
    "Fits",
    "Gif",
    "Heif",
    "Jp2k",
    "Jxl",
    "Magick",
    "Magick7",
    "Mat",
    "Matrix",
  ],
  ...[
    "Nifti",
    "Nsgif",
    "OpenExr",
    "Openslide",
    "Pdf",
    "Ppm",
    "Rad",
    "Raw",
    "Svg",
    "Tiff",
    "Uhdr",
    "Vips",
    "Webp",
  ],
].map((name) => `VipsForeignLoad${name}`);

/**
 * sharp, set up for this project on first use. The settings hold for the whole process:
 * - Of libvips' decoders only JPEG and PNG may run. Otherwise an SVG, PDF or TIFF that calls itself `.jpg` would be
 *   opened by a decoder that nobody chose.
 * - One thread a picture: pictures are decoded side by side by the loader's workers, so threads inside one decode
 *   would only compete with them.
 * - No operation cache: every picture of an epoch is read once, a cache would only hold memory.
 */
export function codec(): typeof sharp {
  if (!configured) {
    sharp.block({ operation: OTHER_DECODERS });
    sharp.concurrency(1);
    sharp.cache(false);
    configured = true;
  }
  return sharp;
}
