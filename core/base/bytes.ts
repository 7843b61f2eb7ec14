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

/** 64-bit FNV-1a as 16 hex digits, in two 32-bit halves: a cheap name for a state or a trace, not a checksum. */
export class StateHash {
  #high = 0xcbf29ce4;
  #low = 0x84222325;

  addBytes(bytes: Uint8Array): this {
    for (const byte of bytes) this.#addByte(byte);
    return this;
  }

  /** Adds a string by its UTF-16 code units, with its end marked, so that "a","bc" differs from "ab","c". */
  addText(text: string): this {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      this.#addByte(unit & 0xff);
      this.#addByte(unit >>> 8);
    }
    this.#addByte(0xff);
    return this;
  }

  /** Adds a safe integer. */
  addNumber(value: number): this {
    return this.addText(value.toString(36));
  }

  /** The two halves, to continue from by `StateHash.restore`. */
  capture(): readonly [number, number] {
    return [this.#high, this.#low];
  }

  static restore([high, low]: readonly [number, number]): StateHash {
    const hash = new StateHash();
    hash.#high = high;
    hash.#low = low;
    return hash;
  }

  digest(): string {
    return this.#high.toString(16).padStart(8, "0") + this.#low.toString(16).padStart(8, "0");
  }

  #addByte(byte: number): void {
    // hash = (hash ^ byte) * 0x100000001b3 (mod 2^64), the prime being 2^40 + 0x1b3.
    const low = (this.#low ^ byte) >>> 0;
    const product = low * 0x1b3;
    const carry = Math.floor(product / 0x1_0000_0000);
    this.#high = (Math.imul(this.#high, 0x1b3) + carry + (low << 8)) >>> 0;
    this.#low = product >>> 0;
  }
}
