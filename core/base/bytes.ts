// Bytes and text without a platform: UTF-8, hex, comparison, and little cursors for fixed layouts.
// The core is compiled without DOM or Deno types, hence no TextEncoder here.

import { assert } from "./assert.ts";

export const EMPTY_BYTES = new Uint8Array(0);

/** Negative, zero or positive as `a` sorts before, with or after `b`, byte by byte (Go's bytes.Compare). */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Lowercase hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** @throws InvariantViolation unless `text` is an even number of hex digits. */
export function fromHex(text: string): Uint8Array {
  assert(/^([0-9a-fA-F]{2})*$/.test(text), () => `not hex: ${text}`);
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** UTF-8; a lone surrogate becomes U+FFFD, as TextEncoder does. */
export function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let point = text.codePointAt(i)!;
    if (point > 0xffff) i++;
    else if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x80) bytes[at++] = point;
    else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else {
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    }
  }
  return bytes.slice(0, at);
}

/** Text of UTF-8 bytes; every byte that is not part of well-formed UTF-8 becomes U+FFFD. */
export function fromUtf8(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at]!;
    const length = first < 0x80
      ? 1
      : first >= 0xc2 && first < 0xe0
      ? 2
      : first >= 0xe0 && first < 0xf0
      ? 3
      : first >= 0xf0 && first < 0xf5
      ? 4
      : 0;
    let point = length === 1 ? first : first & (0x7f >> length);
    let whole = length > 0 && at + length <= bytes.length;
    for (let i = 1; whole && i < length; i++) {
      const next = bytes[at + i]!;
      whole = (next & 0xc0) === 0x80;
      point = (point << 6) | (next & 0x3f);
    }
    const tooLow = (length === 3 && point < 0x800) || (length === 4 && point < 0x10000);
    if (!whole || tooLow || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      text += "\ufffd";
      at += 1;
    } else {
      text += String.fromCodePoint(point);
      at += length;
    }
  }
  return text;
}

/**
 * A cheap name for a state or a trace, 16 hex digits: two multiplicative 32-bit hashes side by side, each made of
 * whole-number steps that are alike in every engine. Not a checksum, and no defence against anyone.
 */
export class StateHash {
  #first = 0x9e3779b9;
  #second = 0x85ebca6b;

  /** Adds a string by its UTF-16 code units, with its end marked, so that "a","bc" differs from "ab","c". */
  addText(text: string): this {
    let first = this.#first;
    let second = this.#second;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      first = Math.imul(first ^ unit, 0x9e3779b1);
      second = Math.imul(second ^ unit, 0x5f356495);
      // Multiplying moves bits upwards only; without this the low ones would never hear of the rest.
      first ^= first >>> 15;
      second ^= second >>> 13;
    }
    this.#first = Math.imul(first ^ 0x1_ffff, 0x9e3779b1) | 0;
    this.#second = Math.imul(second ^ 0x1_ffff, 0x5f356495) | 0;
    return this;
  }

  /** Adds a whole number up to 2^53 in size. */
  addNumber(value: number): this {
    const low = value | 0;
    const high = Math.floor(value / 0x1_0000_0000) | 0;
    let first = Math.imul(this.#first ^ low, 0x9e3779b1);
    let second = Math.imul(this.#second ^ low, 0x5f356495);
    first ^= (first >>> 15) ^ high;
    second ^= (second >>> 13) ^ high;
    this.#first = Math.imul(first ^ 0x2_ffff, 0x9e3779b1) | 0;
    this.#second = Math.imul(second ^ 0x2_ffff, 0x5f356495) | 0;
    return this;
  }

  /** The two halves, to continue from by `StateHash.restore`. */
  capture(): readonly [number, number] {
    return [this.#first, this.#second];
  }

  static restore([first, second]: readonly [number, number]): StateHash {
    const hash = new StateHash();
    hash.#first = first;
    hash.#second = second;
    return hash;
  }

  digest(): string {
    const half = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
    return half(this.#first) + half(this.#second);
  }
}
