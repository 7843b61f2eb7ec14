// What may be asked of the lab, and the values it answers with when it cannot: a page shows a refusal as a plain
// sentence, so none of these is an exception.

import type { LabSentence } from "./sentences.ts";

/** etcd has no hard limit; beyond nine members nothing new is to be learned, and 2^n subsets grow out of hand. */
export const SIZE_MAX = 9;
export const SIZES: readonly number[] = Array.from({ length: SIZE_MAX }, (_, i) => i + 1);

export interface LabRefusal {
  readonly kind: "refused";
  readonly why: LabSentence;
}

/** @returns why nothing can be said of a cluster of this size; null for 1 to 9. */
export function refusalOfSize(size: number): LabRefusal | null {
  if (Number.isInteger(size) && size >= 1 && size <= SIZE_MAX) return null;
  const why: LabSentence = size === 0
    ? { key: "refused.noMembers", values: {} }
    : { key: "refused.size", values: { size, sizeMax: SIZE_MAX } };
  return { kind: "refused", why };
}

/** @returns why this is no share of time; null for 0 to 1, both included. */
export function refusalOfAvailability(availability: number): LabRefusal | null {
  if (availability >= 0 && availability <= 1) return null;
  return { kind: "refused", why: { key: "refused.availability", values: { availability } } };
}
