// bbolt files, written and read: trees of every shape come back, and whatever is done to a file's bytes the reader ends
// with an answer.

import assert from "node:assert/strict";
import { concatBytes, fromUtf8, toHex, utf8 } from "../../../core/base/bytes.ts";
import { Prng } from "../../../core/base/prng.ts";
import {
  BRANCH_PAGE,
  ELEMENT_BYTES,
  fnv64a,
  META_SUMMED_BYTES,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
} from "../../../core/backend/bbolt_format.ts";
import { BboltFile, type BucketRef } from "../../../core/backend/bbolt_reader.ts";
import { type Bucket, bucketOf, planBbolt, runToEnd } from "../../../core/backend/bbolt_writer.ts";
import { isTrouble, type Trouble } from "../../../core/backend/trouble.ts";

type Pair = readonly [key: Uint8Array, value: Uint8Array];

/** `count` pairs, keys in order. */
function numbered(count: number, valueBytes: (i: number) => number, keyBytes = 8): Pair[] {
  return Array.from({ length: count }, (_, i): Pair => {
    const key = utf8(String(i).padStart(keyBytes, "0"));
    return [key, new Uint8Array(valueBytes(i)).fill(i)];
  });
}

function written(buckets: readonly Bucket[]): Uint8Array {
  const plan = runToEnd(planBbolt(buckets));
  const bytes = concatBytes([...plan.chunks()]);
  assert.equal(bytes.length, plan.sizeBytes);
  return bytes;
}

/** All pairs by path, as "bucket/key" and the value in hex; or the first trouble. */
function readAll(bytes: Uint8Array): Map<string, string> | Trouble {
  const file = BboltFile.open(bytes);
  if (isTrouble(file)) return file;
  const pairs = new Map<string, string>();
  const visit = (bucket: BucketRef, path: string, depth: number): Trouble | null =>
    file.forEach(bucket, (item) => {
      const itemPath = `${path}/${fromUtf8(item.key)}`;
      if (item.kind === "bucket") return depth < 4 ? visit(item.bucket, itemPath, depth + 1) : null;
      pairs.set(itemPath, toHex(item.value));
      return null;
    });
  return visit(file.root, "", 0) ?? pairs;
}

function says(bytes: Uint8Array): string {
  const result = readAll(bytes);
  assert.ok(isTrouble(result), "it was read");
  return result.says;
}

const SHAPES: Readonly<Record<string, readonly Pair[]>> = {
  "no pair": [],
  "one small pair, inline": numbered(1, () => 5),
  "the largest inline bucket": numbered(1, () => PAGE_BYTES / 4 - PAGE_HEADER_BYTES - ELEMENT_BYTES - 8),
  "one byte more than inline": numbered(1, () => PAGE_BYTES / 4 - PAGE_HEADER_BYTES - ELEMENT_BYTES - 7),
  "one page to the last byte": numbered(1, () => PAGE_BYTES - PAGE_HEADER_BYTES - ELEMENT_BYTES - 8),
  "one byte more than a page": numbered(1, () => PAGE_BYTES - PAGE_HEADER_BYTES - ELEMENT_BYTES - 7),
  "values over many pages": numbered(7, (i) => 1 + i * 30_000),
  "one child more than a branch page holds": numbered(171, () => 4000),
  "three levels": numbered(30_000, (i) => i % 40),
  "branches over many pages": numbered(5, () => 10, 30_000),
  "empty values": numbered(500, () => 0),
};

Deno.test("buckets of every shape come back as they were written", () => {
  for (const [shape, pairs] of Object.entries(SHAPES)) {
    const file = written([bucketOf("a", pairs), bucketOf("b", numbered(2, () => 1))]);
    const found = readAll(file);

    assert.ok(!isTrouble(found), `${shape}: ${JSON.stringify(found)}`);
    assert.equal(found.size, pairs.length + 2, shape);
    for (const [key, value] of pairs) assert.equal(found.get(`/a/${fromUtf8(key)}`), toHex(value), shape);
    for (const count of branchCounts(file)) {
      assert.ok(count >= 2, `${shape}: a branch with ${count} children`);
    }
  }
});

/** How many children each branch page has. */
function branchCounts(file: Uint8Array): number[] {
  const view = new DataView(file.buffer);
  const counts: number[] = [];
  for (let page = 2; page * PAGE_BYTES < file.length;) {
    const at = page * PAGE_BYTES;
    if (view.getUint16(at + 8, true) === BRANCH_PAGE) counts.push(view.getUint16(at + 10, true));
    page += 1 + view.getUint32(at + 12, true);
  }
  return counts;
}

Deno.test("a leaf is filled to the last byte, and not beyond", () => {
  const halfBytes = (PAGE_BYTES - PAGE_HEADER_BYTES) / 2 - ELEMENT_BYTES - 8;

  // Meta, meta, free list; the bucket's leaf, or two leaves and their branch; the root.
  assert.equal(written([bucketOf("a", numbered(2, () => halfBytes))]).length, 5 * PAGE_BYTES);
  assert.equal(written([bucketOf("a", numbered(2, (i) => halfBytes + i))]).length, 7 * PAGE_BYTES);
});

Deno.test("the meta page of the later transaction is in force", () => {
  const file = written([bucketOf("a", numbered(20, () => 100))]);
  // The first meta page, now of transaction 2, names the bucket's own leaf as the root.
  const view = new DataView(file.buffer, PAGE_HEADER_BYTES);
  view.setBigUint64(16, 3n, true);
  view.setBigUint64(48, 2n, true);
  const summed = file.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + META_SUMMED_BYTES);
  view.setBigUint64(META_SUMMED_BYTES, fnv64a(summed), true);

  const found = readAll(file);

  assert.ok(!isTrouble(found));
  assert.ok(found.has("/00000000"));
  const before = readAll(changed(file, PAGE_HEADER_BYTES, 0));
  assert.ok(!isTrouble(before));
  assert.ok(before.has("/a/00000000"));
});

Deno.test("a thousand buckets make a root of many pages", () => {
  const buckets = Array.from(
    { length: 1000 },
    (_, i) => bucketOf(String(i).padStart(4, "0"), numbered(3, () => i % 50)),
  );

  const found = readAll(written(buckets));

  assert.ok(!isTrouble(found));
  assert.equal(found.size, 3000);
});

Deno.test("FNV-1a gives the published values", () => {
  assert.equal(fnv64a(utf8("")), 0xcbf29ce484222325n);
  assert.equal(fnv64a(utf8("a")), 0xaf63dc4c8601ec8cn);
  assert.equal(fnv64a(utf8("foobar")), 0x85944171f73967e8n);
});

/** A copy with some bytes changed. */
function changed(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

Deno.test("what is wrong with a file is said, and where", () => {
  const file = written([bucketOf("a", numbered(1000, () => 40))]);
  // Pages 3 … are the bucket's leaves, then its one branch, then the root's leaf, the last page.
  const rootPage = file.length / PAGE_BYTES - 1;
  const branchAt = (rootPage - 1) * PAGE_BYTES;
  const firstLeaf = 3 * PAGE_BYTES;
  const pairCount = file[firstLeaf + 10]! + 256 * file[firstLeaf + 11]!;
  const secondKey = firstLeaf + PAGE_HEADER_BYTES + pairCount * ELEMENT_BYTES + 48;
  const firstMeta = changed(file, PAGE_HEADER_BYTES + 20, 1);
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [new Uint8Array(0), /^it is no bbolt database/],
    [utf8("x".repeat(10_000)), /^it is no bbolt database/],
    [file.subarray(0, file.length - 1), /^it is cut: its \d+ pages make \d+ bytes, of which \d+ are here$/],
    [file.subarray(0, 100), /^it is cut/],
    [changed(firstMeta, PAGE_BYTES + PAGE_HEADER_BYTES + 20, 1), /^both of its meta pages are damaged$/],
    [changed(file, firstLeaf, 9), /^page 3 calls itself 9$/],
    [changed(file, firstLeaf + 8, 4), /^page 3 is neither branch nor leaf$/],
    [changed(file, firstLeaf + 10, 255, 255), /^page 3 cannot hold the 65535 elements/],
    [changed(file, firstLeaf + 12, 255, 255, 255, 255), /^page 3 flows over the end of the file$/],
    [changed(file, firstLeaf + 12, 1), /^page 4 is used twice$/],
    [changed(file, firstLeaf + 20, 255, 255), /^element 0 of page 3 reaches beyond the page$/],
    // The second key follows the first pair: 00000001 becomes 00000000 again.
    [changed(file, secondKey + 7, 0x30), /^element 1 of page 3 is out of order$/],
    [changed(file, firstLeaf + 16, 2), /^the element "00000000" has unknown flags 2$/],
    [changed(file, branchAt + 10, 0, 0), /^page \d+ is a branch without children$/],
    [changed(file, branchAt + 24, 0xff, 0xff), /^page \d+ leads to page 65535 of \d+$/],
    [changed(file, branchAt + 24, rootPage - 1), /^page \d+ is used twice$/],
    [changed(file, branchAt + 24, 4), /^page 4 is used twice$/],
  ];
  for (const [bytes, pattern] of cases) assert.match(says(bytes), pattern);

  // One meta page is enough, whichever it is.
  const whole = readAll(file);
  assert.deepEqual(readAll(firstMeta), whole);
  assert.deepEqual(readAll(changed(file, PAGE_BYTES + PAGE_HEADER_BYTES + 20, 1)), whole);
});

Deno.test("elements that share bytes cannot claim more than their page holds", () => {
  // Were it allowed, a few pages could stand for gigabytes once a reader copies values.
  const file = written([bucketOf("a", numbered(100, () => 20))]);
  const view = new DataView(file.buffer);
  for (let i = 0; i < 90; i++) {
    const element = 3 * PAGE_BYTES + PAGE_HEADER_BYTES + i * ELEMENT_BYTES;
    view.setUint32(element + 12, PAGE_BYTES - 2000, true);
  }

  assert.match(says(file), /^element \d of page 3 reaches beyond the page$/);
});

Deno.test("the reader ends with an answer whatever happens to the bytes", () => {
  const prng = new Prng(7);
  const file = written([
    bucketOf("a", numbered(2000, (i) => i % 60)),
    bucketOf("b", numbered(3, () => 9000)),
    bucketOf("c", numbered(3, () => 3)),
  ]);
  let troubleCount = 0;
  for (let round = 0; round < 1500; round++) {
    const bytes = file.slice(0, prng.below(8) === 0 ? prng.below(file.length) : file.length);
    for (let flips = 1 + prng.below(3); flips > 0 && bytes.length > 0; flips--) {
      // Most of the harm is in headers and elements, so most flips go to the front of a page.
      const page = prng.below(Math.ceil(bytes.length / PAGE_BYTES)) * PAGE_BYTES;
      const at = Math.min(bytes.length - 1, page + prng.below(prng.below(4) === 0 ? PAGE_BYTES : 64));
      bytes[at]! ^= 1 << prng.below(8);
    }
    if (isTrouble(readAll(bytes))) troubleCount += 1;
  }

  assert.ok(troubleCount > 500, `only ${troubleCount} of 1500 files were found out`);
});
