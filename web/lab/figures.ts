// How a figure stands beside its measurement.

import type { Cell } from "../../core/lab/mod.ts";

export type Agreement = "unmeasured" | "same" | "near" | "outside" | "different";

/**
 * How a figure was measured: `counted` out to the last case, `sampled` so widely that chance alone disagrees once in
 * thousands of tables, or `lived` through for some years, whose 95 % interval one figure in twenty must miss.
 */
export type Measure = "counted" | "sampled" | "lived";

export function agreementOf({ measured, agrees }: Cell, measure: Measure): Agreement {
  if (measured === null || agrees === null) return "unmeasured";
  if (agrees) return measure === "counted" ? "same" : "near";
  return measure === "lived" ? "outside" : "different";
}

/** An exact share of time beside the years lived through. */
export function livedCell(exact: number, lived: number | null, inside: boolean): Cell {
  return { formula: exact, measured: lived, agrees: lived === null ? null : inside };
}

export const AGREEMENT_SIGNS: Readonly<Record<Agreement, string>> = {
  unmeasured: "",
  same: "=",
  near: "≈",
  outside: "~",
  different: "≠",
};
