// Plain data as JSON text and back: Maps, Sets and bytes, which JSON does not know, under a key of their own.

import { fromHex, toHex } from "../base/bytes.ts";

/** @param value objects, arrays, Maps, Sets, Uint8Arrays, strings, finite numbers, booleans, null. */
export function plainToJson(value: unknown): string {
  return JSON.stringify(pack(value));
}

/** What such a text says; null when it is no JSON, or no such data. */
export function plainFromJson(text: string): { readonly value: unknown } | null {
  try {
    return { value: unpack(JSON.parse(text)) };
  } catch {
    return null;
  }
}

function pack(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return { $b: toHex(value) };
  if (value instanceof Map) return { $m: [...value].map(([key, item]) => [pack(key), pack(item)]) };
  if (value instanceof Set) return { $s: [...value].map(pack) };
  if (Array.isArray(value)) return value.map(pack);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pack(item)]));
}

function unpack(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unpack);
  const { $b, $m, $s } = value as Record<string, unknown>;
  if (typeof $b === "string") return fromHex($b);
  if (Array.isArray($m)) {
    return new Map($m.map((pair: [unknown, unknown]) => [unpack(pair[0]), unpack(pair[1])]));
  }
  if (Array.isArray($s)) return new Set($s.map(unpack));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item)]));
}
