// HPACK, the compression of HTTP/2's headers (RFC 7541). Decoding is whole, since what a peer sends is its choice.
// Encoding uses the static table and plain literals alone: a server's answers are short and mostly the same bytes.

import { huffmanDecode } from "./huffman.ts";

export type Header = readonly [name: string, value: string];

/** Appendix A: entry 1 comes first. */
const STATIC_TABLE: readonly Header[] = [
  ":authority",
  ":method GET",
  ":method POST",
  ":path /",
  ":path /index.html",
  ":scheme http",
  ":scheme https",
  ...["200", "204", "206", "304", "400", "404", "500"].map((status) => `:status ${status}`),
  "accept-charset",
  "accept-encoding gzip, deflate",
  ...("accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control " +
    "content-disposition content-encoding content-language content-length content-location content-range content-type " +
    "cookie date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since " +
    "last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after " +
    "server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate")
    .split(" "),
].map((row) => {
  const [, name, value] = /^(\S+) ?(.*)$/.exec(row)!;
  return [name!, value!];
});

/** SETTINGS_HEADER_TABLE_SIZE as it is unless told otherwise; we leave it so. */
export const TABLE_BYTES_MAX = 4096;
/** Names and values of one header block, with HPACK's 32 bytes for each. */
export const HEADER_LIST_BYTES_MAX = 64 * 1024;
const ENTRY_OVERHEAD_BYTES = 32;

/** One direction of a connection: blocks must be decoded in the order in which they arrive. */
export class HpackDecoder {
  /** Newest first, as their indexes count. */
  readonly #entries: Header[] = [];
  #entriesBytes = 0;
  #bytesMax = TABLE_BYTES_MAX;

  /** The headers of a block; null when it breaks the rules, after which the connection cannot go on. */
  decode(block: Uint8Array): Header[] | null {
    const headers: Header[] = [];
    const reader = new BlockReader(block);
    let listBytes = 0;
    while (!reader.atEnd) {
      const first = reader.peek();
      let header: Header | null;
      if (first >= 0x80) {
        header = this.#at(reader.integer(7));
      } else if (first >= 0x40) {
        header = this.#literal(reader, 6);
        if (header !== null) this.#add(header);
      } else if (first >= 0x20) {
        const bytesMax = reader.integer(5);
        // A table may change its size only ahead of the headers.
        if (bytesMax === null || bytesMax > TABLE_BYTES_MAX || headers.length > 0) return null;
        this.#bytesMax = bytesMax;
        this.#evict();
        continue;
      } else {
        header = this.#literal(reader, 4);
      }
      if (header === null) return null;
      listBytes += bytesOf(header);
      if (listBytes > HEADER_LIST_BYTES_MAX) return null;
      headers.push(header);
    }
    return headers;
  }

  #literal(reader: BlockReader, prefixBits: number): Header | null {
    const index = reader.integer(prefixBits);
    if (index === null) return null;
    const name = index === 0 ? reader.text() : this.#at(index)?.[0] ?? null;
    const value = name === null ? null : reader.text();
    return name === null || value === null ? null : [name, value];
  }

  #at(index: number | null): Header | null {
    if (index === null || index === 0) return null;
    return STATIC_TABLE[index - 1] ?? this.#entries[index - 1 - STATIC_TABLE.length] ?? null;
  }

  #add(header: Header): void {
    this.#entries.unshift(header);
    this.#entriesBytes += bytesOf(header);
    this.#evict();
  }

  #evict(): void {
    while (this.#entriesBytes > this.#bytesMax) this.#entriesBytes -= bytesOf(this.#entries.pop()!);
  }
}

/** A header block. Names are lowercase, values Latin-1. */
export function hpackEncode(headers: readonly Header[]): Uint8Array {
  const bytes: number[] = [];
  for (const [name, value] of headers) {
    const whole = STATIC_TABLE.findIndex(([n, v]) => n === name && v === value && v !== "");
    if (whole >= 0) {
      bytes.push(0x80 | (whole + 1));
      continue;
    }
    const named = STATIC_TABLE.findIndex(([n]) => n === name);
    pushInteger(bytes, named + 1, 4);
    if (named < 0) pushText(bytes, name);
    pushText(bytes, value);
  }
  return Uint8Array.from(bytes);
}

function pushInteger(bytes: number[], value: number, prefixBits: number): void {
  const limit = 2 ** prefixBits - 1;
  if (value < limit) {
    bytes.push(value);
    return;
  }
  bytes.push(limit);
  let rest = value - limit;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(0x80 | (rest & 0x7f));
  bytes.push(rest);
}

function pushText(bytes: number[], text: string): void {
  pushInteger(bytes, text.length, 7);
  for (let i = 0; i < text.length; i++) bytes.push(text.charCodeAt(i) & 0xff);
}

function bytesOf([name, value]: Header): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES;
}

/** A cursor over a block. Every method answers null when the block ends too early or says too much. */
class BlockReader {
  readonly #block: Uint8Array;
  #at = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  get atEnd(): boolean {
    return this.#at >= this.#block.length;
  }

  peek(): number {
    return this.#block[this.#at] ?? 0;
  }

  /** An integer whose first byte gives its lowest `prefixBits` bits to it. (§5.1) */
  integer(prefixBits: number): number | null {
    const limit = 2 ** prefixBits - 1;
    let value = (this.#block[this.#at++] ?? 0) & limit;
    if (value < limit) return value;
    for (let shift = 1; shift <= 2 ** 21; shift *= 128) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) return null;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
    return null;
  }

  /** A string, coded by Huffman or not. (§5.2) */
  text(): string | null {
    const isCoded = this.peek() >= 0x80;
    const length = this.integer(7);
    if (length === null || this.#at + length > this.#block.length) return null;
    const bytes = this.#block.subarray(this.#at, this.#at + length);
    this.#at += length;
    if (isCoded) return huffmanDecode(bytes);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return text;
  }
}
