/// <reference lib="dom" />
// Whether a cluster can live in this tab at all.

import type { HomeTrouble } from "./cluster_api.ts";

/** The first thing this browser lacks; null when it has all. Whether it lets us store anything shows on opening. */
export function findTrouble(): HomeTrouble | null {
  if (typeof Worker === "undefined") return "noWorkers";
  if (typeof indexedDB === "undefined") return "noIndexedDb";
  if (typeof BroadcastChannel === "undefined") return "noBroadcastChannel";
  // Absent on pages that came over plain HTTP from another machine, too.
  if (navigator.locks === undefined) return "noLocks";
  return null;
}

/** What an error of IndexedDB says about this browser. */
export function troubleOf(error: unknown): HomeTrouble {
  return error instanceof DOMException && error.name === "QuotaExceededError" ? "quota" : "noIndexedDb";
}
