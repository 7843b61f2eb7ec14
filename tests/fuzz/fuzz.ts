// Feeds a target with spoiled inputs and notices a crash and a waste of memory. One seed gives one sequence of inputs,
// target by target. A hang is noticed from outside (watch.ts), since nobody inside can.

import { Prng } from "../../core/base/prng.ts";
import { INPUT_BYTES_MAX } from "./mutate_bytes.ts";
import type { Target } from "./target.ts";

export interface Finding {
  readonly target: string;
  readonly input: Uint8Array;
  readonly why: string;
}

export interface Tally {
  readonly inputCount: number;
  /** Inputs that passed for valid ones: a fuzzer whose inputs are all refused at the door tests the door. */
  readonly validCount: number;
  readonly findings: readonly Finding[];
}

const MEMORY_BYTES_MAX = 48 * 1024 * 1024;
const MEMORY_PER_INPUT_BYTE = 200;
/** After so many findings a target is left alone: they are mostly one. */
const FINDINGS_MAX = 5;

/** Plays one input. Null when all is well. */
export async function tryInput(target: Target, input: Uint8Array): Promise<Finding | boolean> {
  const finding = (why: string) => ({ target: target.name, input, why });
  const beforeBytes = allocatedBytes();
  let isValid: boolean;
  try {
    // A copy: a decoder that writes into its input is found by the next one that shares it.
    isValid = await target.run(input.slice());
  } catch (error) {
    return finding(
      error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error),
    );
  }
  // A collection in between only makes this smaller.
  const spentBytes = allocatedBytes() - beforeBytes;
  const allowedBytes = (target.memoryBytesMax ?? MEMORY_BYTES_MAX) + MEMORY_PER_INPUT_BYTE * input.length;
  return spentBytes > allowedBytes
    ? finding(`${input.length} bytes of input cost ${spentBytes} bytes of memory`)
    : isValid;
}

/**
 * Spoiled inputs for one target, drawn from the seed.
 * @param corpus kept inputs, to start from beside the target's own.
 * @param goesOn asked after each input with how many there were.
 * @param onInput told each input before it is played.
 */
export async function fuzz(
  target: Target,
  options: {
    readonly seed: number;
    readonly corpus: readonly Uint8Array[];
    readonly goesOn: (inputCount: number) => boolean;
    readonly onInput?: (input: Uint8Array) => void;
  },
): Promise<Tally> {
  const prng = new Prng(options.seed);
  const seeds = [...target.seeds(), ...options.corpus];
  const findings: Finding[] = [];
  let inputCount = 0, validCount = 0;
  while (options.goesOn(inputCount) && findings.length < FINDINGS_MAX) {
    let input = prng.pick(target.mutators)(prng, prng.pick(seeds), seeds);
    if (target.repair !== undefined && prng.chance(700)) input = target.repair(input);
    input = input.subarray(0, INPUT_BYTES_MAX);
    options.onInput?.(input);
    const outcome = await tryInput(target, input);
    inputCount += 1;
    if (typeof outcome === "object") findings.push(outcome);
    else if (outcome) validCount += 1;
  }
  return { inputCount, validCount, findings };
}

function allocatedBytes(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
