// How Go prints things, as far as etcdctl shows them: quoted strings, durations, sizes, JSON, integers.

import { fromUtf8 } from "../../base/bytes.ts";

/** A quoted string with Go's escapes. (fmt %q) */
export function quoted(text: string): string {
  let out = '"';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (character === '"' || character === "\\") out += `\\${character}`;
    else if (character === "\n") out += "\\n";
    else if (character === "\t") out += "\\t";
    else if (character === "\r") out += "\\r";
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else out += character;
  }
  return `${out}"`;
}

/** @param ms zero or more. (time.Duration's String) */
export function duration(ms: number): string {
  const nanos = Math.round(ms * 1e6);
  if (nanos === 0) return "0s";
  if (nanos < 1_000) return `${nanos}ns`;
  if (nanos < 1_000_000) return `${nanos / 1e3}µs`;
  if (nanos < 1_000_000_000) return `${nanos / 1e6}ms`;
  const seconds = nanos / 1e9;
  const minutes = Math.floor(seconds / 60);
  const rest = `${Number((seconds - minutes * 60).toFixed(9))}s`;
  return minutes === 0
    ? rest
    : minutes < 60
    ? `${minutes}m${rest}`
    : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`;
}

const SIZES = ["B", "kB", "MB", "GB", "TB"];

/** Bytes as people say them: "20 kB". (go-humanize's Bytes) */
export function humanBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const step = Math.min(Math.floor(Math.log10(bytes) / 3), SIZES.length - 1);
  const value = Math.floor((bytes / 1000 ** step) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : halfToEven(value)} ${SIZES[step]}`;
}

/** The nearest whole number; of two equally near, the even one, as Go's printf has it. */
function halfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/** Every byte as "\xNN": what --hex asks for. */
export function hexEscaped(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** Bytes as a terminal shows them. */
export function shownBytes(bytes: Uint8Array, hex: boolean): string {
  return hex ? hexEscaped(bytes) : fromUtf8(bytes);
}

/** An integer, or what strconv says of the text. @param bits of the type that is asked for, its sign included. */
export function parseInteger(
  text: string,
  { base, signed }: { base: 10 | 16; signed: boolean },
): bigint | string {
  const call = signed ? "ParseInt" : "ParseUint";
  const digits = base === 16 ? /^[0-9a-f]+$/i : /^[0-9]+$/;
  const negative = signed && text.startsWith("-");
  const body = signed && /^[+-]/.test(text) ? text.slice(1) : text;
  if (!digits.test(body)) return `strconv.${call}: parsing ${quoted(text)}: invalid syntax`;
  const size = BigInt(base === 16 ? `0x${body}` : body);
  const value = negative ? -size : size;
  const [low, high] = signed ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  return value < low || value > high ? `strconv.${call}: parsing ${quoted(text)}: value out of range` : value;
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function base64(bytes: Uint8Array): string {
  let out = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const group = (a! << 16) | (b << 8) | c;
    out += BASE64[group >> 18]! + BASE64[(group >> 12) & 63]! + BASE64[(group >> 6) & 63]! +
      BASE64[group & 63]!;
  }
  const padding = (3 - (bytes.length % 3)) % 3;
  return out.slice(0, out.length - padding) + "=".repeat(padding);
}

export type GoJson =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly GoJson[]
  | { readonly [name: string]: GoJson | undefined };

/** JSON as Go's encoder writes it: bytes as base64, 64-bit integers as plain digits, "<", ">" and "&" escaped. */
export function goJson(value: GoJson): string {
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") {
    return JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }
  if (value instanceof Uint8Array) return `"${base64(value)}"`;
  if (Array.isArray(value)) return `[${(value as readonly GoJson[]).map(goJson).join(",")}]`;
  const fields = Object.entries(value as { readonly [name: string]: GoJson | undefined })
    .flatMap(([name, field]) => (field === undefined ? [] : [`${goJson(name)}:${goJson(field)}`]));
  return `{${fields.join(",")}}`;
}

/** A field that Go leaves out when it has its zero value. (json:",omitempty") */
export function unlessEmpty<T extends GoJson>(value: T): T | undefined {
  const isEmpty = value === 0 || value === 0n || value === "" || value === false ||
    ((Array.isArray(value) || value instanceof Uint8Array) && value.length === 0);
  return isEmpty ? undefined : value;
}
