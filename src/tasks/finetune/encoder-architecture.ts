/** @file What an image encoder is, beside its parameters. */
import type { EncoderConfig } from "../../model/config.ts";
import type { FrequencyExponent } from "../../model/position-table.ts";

/** An encoder's architecture: its sizes and the exponents that its position table is drawn with. */
export interface EncoderArchitecture extends EncoderConfig {
  readonly positionExponent: FrequencyExponent;
}
