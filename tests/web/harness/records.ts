// What the writing worker writes: records of growing length, each naming its own number, so that a reader can tell
// how many whole ones there are and that nothing else is.

/** Record `number`, counted from 1: its length and filling follow from the number. */
export function recordOf(number: number): Uint8Array {
  const bytes = new Uint8Array(8 + number % 57).fill(number % 251);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** How many records these bytes are, from number 1 on; null when they are anything else. */
export function countRecords(bytes: Uint8Array): number | null {
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    const expected = recordOf(count + 1);
    const found = bytes.subarray(at, at + expected.length);
    if (found.length !== expected.length || found.some((byte, i) => byte !== expected[i])) return null;
    at += expected.length;
  }
  return count;
}
