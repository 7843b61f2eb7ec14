// HPACK's Huffman code for header text (RFC 7541, appendix B). The code is canonical: sorted by length and then by
// symbol, the codes count upwards. So the lengths say everything.

import { assert } from "../../../core/base/assert.ts";

/** Bits in the code of each byte, and last that of the end of a string (which must never appear in one). */
// deno-fmt-ignore
const CODE_BITS = Uint8Array.of(
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
);
const END_OF_STRING = 256;
const CODE_BITS_MAX = 30;

/** A binary tree in an array: node n has its children at 2n and 2n + 1; below zero is a symbol, as its complement. */
const TREE: Int16Array = buildTree();

/** The text whose code `bytes` is, byte for byte (Latin-1); null when they are not such a code. */
export function huffmanDecode(bytes: Uint8Array): string | null {
  let text = "";
  let node = 0;
  let bitsSinceSymbol = 0;
  let onesOnly = true;
  for (const byte of bytes) {
    for (let mask = 0x80; mask > 0; mask >>= 1) {
      const bit = (byte & mask) === 0 ? 0 : 1;
      const next = TREE[2 * node + bit]!;
      bitsSinceSymbol += 1;
      onesOnly &&= bit === 1;
      if (next >= 0) {
        node = next;
        continue;
      }
      const symbol = ~next;
      if (symbol === END_OF_STRING) return null;
      text += String.fromCharCode(symbol);
      node = 0;
      bitsSinceSymbol = 0;
      onesOnly = true;
    }
  }
  // The last byte is filled up with ones, which begin the code of the end of a string.
  return bitsSinceSymbol < 8 && onesOnly ? text : null;
}

function buildTree(): Int16Array {
  const tree = new Int16Array(2 * CODE_BITS.length);
  let nodeCount = 1;
  let code = 0;
  for (let bits = 1; bits <= CODE_BITS_MAX; bits++) {
    code *= 2;
    for (let symbol = 0; symbol < CODE_BITS.length; symbol++) {
      if (CODE_BITS[symbol] !== bits) continue;
      let node = 0;
      for (let at = bits - 1; at > 0; at--) {
        const place = 2 * node + ((code >>> at) & 1);
        if (tree[place] === 0) tree[place] = nodeCount++;
        node = tree[place]!;
      }
      tree[2 * node + (code & 1)] = ~symbol;
      code += 1;
    }
  }
  assert(
    nodeCount === CODE_BITS.length - 1 && code === 2 ** CODE_BITS_MAX,
    `a code that is not whole: ${nodeCount} nodes`,
  );
  return tree;
}
