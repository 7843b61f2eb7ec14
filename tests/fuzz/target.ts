// What is fuzzed: a decoder, inputs that it takes, how to spoil them, and what must hold whatever comes in.

import type { Mutator } from "./mutate_bytes.ts";

export interface Target {
  /** Also the folder of its corpus. */
  readonly name: string;
  /** Inputs as an honest sender makes them. */
  readonly seeds: () => readonly Uint8Array[];
  readonly mutators: readonly Mutator[];
  /** Puts checksums right again, so that what is behind them is reached. */
  readonly repair?: (bytes: Uint8Array) => Uint8Array;
  /**
   * Decodes. Throws when the decoder crashed (its declared refusals are not crashes and are taken here), or when what it
   * made of the input does not hold together.
   * @returns whether the input was taken for a valid one.
   */
  readonly run: (bytes: Uint8Array) => boolean | Promise<boolean>;
  /** Bytes of new objects that one input may cost beyond 200 times its length. Default 48 MiB. */
  readonly memoryBytesMax?: number;
}
