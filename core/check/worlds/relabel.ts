// Members of a small world are alike but for their names. Plain data with the names changed, and plain data as text in
// which equal data are equal: what symmetry and interning are made of.

import { toHex } from "../../base/bytes.ts";

/** Names and what to call them instead. */
export type Renaming = ReadonlyMap<string, string>;

/** A copy in which every string that is a name is another; Maps by name keep the order of names, as the core has them. */
export function relabel<T>(value: T, names: Renaming): T {
  return relabeled(value, names) as T;
}

function relabeled(value: unknown, names: Renaming): unknown {
  if (typeof value === "string") return names.get(value) ?? value;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => relabeled(item, names));
    // A list of nothing but names is a set of members, which the core keeps sorted.
    const areNames = items.length > 1 && value.every((item) => typeof item === "string" && names.has(item));
    return areNames ? items.sort() : items;
  }
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => [relabeled(key, names), relabeled(item, names)] as const);
    return new Map(entries.sort(([a], [b]) => String(a) < String(b) ? -1 : 1));
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, relabeled(item, names)]));
}

/** Text that is equal for equal data, whatever order fields and Maps were filled in. */
export function canonicalText(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) return `#${toHex(value)}`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries.map(([key, item]) => `${String(key)}:${canonicalText(item)}`).sort().join()}}`;
}
