// How a figure stands beside its measurement.

import type { Cell } from "../../core/lab/mod.ts";

export type Agreement = "unmeasured" | "same" | "near" | "different";

/** @param chance the measurement is a sample: it may agree without being the same number. */
export function agreementOf({ measured, agrees }: Cell, chance: boolean): Agreement {
  if (measured === null || agrees === null) return "unmeasured";
  if (!agrees) return "different";
  return chance ? "near" : "same";
}

export const AGREEMENT_SIGNS: Readonly<Record<Agreement, string>> = {
  unmeasured: "",
  same: "=",
  near: "≈",
  different: "≠",
};

/** Figures that follow from a sample of writes; all others are counted out to the last case. */
export function isSampled(name: string): boolean {
  return name === "p50Ms" || name === "p99Ms";
}
