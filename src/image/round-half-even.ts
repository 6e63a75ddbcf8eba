/** @file Python's rounding, on which torchvision's crops depend. */

/** The nearest whole number; of two equally near ones the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
