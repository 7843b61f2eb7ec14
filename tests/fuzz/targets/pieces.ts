// A stream as a network delivers it: in pieces, cut where the bytes themselves say, so that an input replays alike.

import { crc32c } from "../../../core/base/crc32c.ts";
import { Prng } from "../../../core/base/prng.ts";

export function* cutInPieces(bytes: Uint8Array): Generator<Uint8Array> {
  const prng = new Prng(crc32c(bytes));
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + 1 + prng.below(prng.pick([1, 16, 1024])));
    yield bytes.subarray(at, end);
    at = end;
  }
}
