/** @file The types of the part of crc-32 that computes CRC-32C: the package declares those of its other part only. */
declare module "crc-32/crc32c.js" {
  const crc32c: {
    /** The checksum as a signed 32-bit integer. */
    buf(bytes: Uint8Array): number;
  };
  export = crc32c;
}
