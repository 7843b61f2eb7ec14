// Keys inside the store are strings with one character per byte: they compare with a single machine
// instruction's worth of code, byte order and string order being the same, and they serve as map keys.
// At the store's edges keys are bytes.

import { EMPTY_BYTES } from "../base/bytes.ts";

/** A key, one character (U+0000 to U+00FF) per byte. */
export type KeyText = string;

/** Sorts after every key: a character that no byte maps to. */
export const AFTER_ALL_KEYS: KeyText = "\u0100";

// Function.prototype.apply puts its arguments on the stack, which is only so large.
const APPLY_BYTES_MAX = 4096;

export function keyTextOf(bytes: Uint8Array): KeyText {
  if (bytes.length <= APPLY_BYTES_MAX) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = "";
  for (let at = 0; at < bytes.length; at += APPLY_BYTES_MAX) {
    text += keyTextOf(bytes.subarray(at, at + APPLY_BYTES_MAX));
  }
  return text;
}

export function keyBytesOf(text: KeyText): Uint8Array {
  if (text.length === 0) return EMPTY_BYTES;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Keys from `from` on and before `end`. */
export interface KeySpan {
  readonly from: KeyText;
  readonly end: KeyText;
}

/**
 * The keys that a request's `key` and `rangeEnd` name: one key when `rangeEnd` is empty, everything from `key` on
 * when it is the single byte 0, else up to `rangeEnd`, which may well lie before `key` and leave nothing.
 */
export function keySpanOf(key: Uint8Array, rangeEnd: Uint8Array): KeySpan {
  const from = keyTextOf(key);
  // Nothing sorts between a key and the same key with a zero byte added.
  if (rangeEnd.length === 0) return { from, end: from + "\0" };
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { from, end: AFTER_ALL_KEYS };
  return { from, end: keyTextOf(rangeEnd) };
}

export function spanHolds(span: KeySpan, key: KeyText): boolean {
  return span.from <= key && key < span.end;
}
