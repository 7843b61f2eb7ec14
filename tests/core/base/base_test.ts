// The ground: checksums against their published values, text against the platform's own codec, chance without bias.

import assert from "node:assert/strict";
import {
  compareBytes,
  concatBytes,
  fromHex,
  fromUtf8,
  StateHash,
  toHex,
  utf8,
} from "../../../core/base/bytes.ts";
import { clonePlain } from "../../../core/base/clone.ts";
import { crc32c } from "../../../core/base/crc32c.ts";
import { Heap } from "../../../core/base/heap.ts";
import { memberId, shortId } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";

Deno.test("CRC-32C gives the values of RFC 3720, whole and in pieces", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  const cases: [Uint8Array, number][] = [
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [ascending, 0x46dd794e],
    [ascending.slice().reverse(), 0x113fdb5c],
    [utf8("123456789"), 0xe3069283],
  ];

  for (const [bytes, expected] of cases) {
    assert.equal(crc32c(bytes), expected);
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), expected);
    }
  }
});

Deno.test("UTF-8 agrees with the platform's codec on every kind of text and on broken bytes", () => {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const prng = new Prng(11);
  const texts = ["", "abc", "容错", "é😀\u{10ffff}", "a\ud800b", "\udc00"];
  for (const text of texts) assert.deepEqual(utf8(text), encoder.encode(text));

  for (let round = 0; round < 3_000; round++) {
    const points = Array.from(
      { length: prng.below(6) },
      () => prng.pick([prng.below(0x80), prng.below(0x11_0000)]),
    );
    const text = String.fromCodePoint(...points);
    assert.deepEqual(utf8(text), encoder.encode(text));
    assert.equal(fromUtf8(encoder.encode(text)), decoder.decode(encoder.encode(text)));

    const broken = Uint8Array.from({ length: prng.below(8) }, () => prng.below(256));
    const replaced = (decoded: string) => decoded.replace(/\ufffd+/g, "\ufffd");
    assert.equal(replaced(fromUtf8(broken)), replaced(decoder.decode(broken)), toHex(broken));
  }
});

Deno.test("bytes compare as Go's do, and survive hex", () => {
  assert.ok(compareBytes(utf8("a"), utf8("b")) < 0);
  assert.ok(compareBytes(utf8("a"), utf8("ab")) < 0);
  assert.ok(compareBytes(Uint8Array.of(0xff), Uint8Array.of(0x01, 0x02)) > 0);
  assert.equal(compareBytes(utf8("x"), utf8("x")), 0);
  assert.equal(toHex(concatBytes([fromHex("00ff"), fromHex("7a")])), "00ff7a");
  assert.throws(() => fromHex("0"), /not hex/);
});

Deno.test("a generator repeats itself from its seed and from its state, and draws without bias", () => {
  const first = new Prng(2 ** 40 + 7);
  const second = new Prng(2 ** 40 + 7);
  assert.deepEqual(
    Array.from({ length: 8 }, () => first.nextUint32()),
    Array.from({ length: 8 }, () => second.nextUint32()),
  );
  assert.deepEqual(new Prng(first.state()).nextUint32(), second.nextUint32());
  assert.notEqual(new Prng(1).nextUint32(), new Prng(2).nextUint32());

  const prng = new Prng(5);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i++) counts[prng.below(6)]! += 1;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 450, `counts ${counts}`);
  assert.throws(() => prng.below(0), /needs 1 to/);
  assert.throws(() => new Prng(-1), /safe integer/);
});

Deno.test("a heap gives back what it was given, earliest first", () => {
  const prng = new Prng(9);
  const heap = new Heap<number>((a, b) => a < b);
  const values = Array.from({ length: 500 }, () => prng.below(1_000));
  values.forEach((value) => heap.push(value));

  const drained = Array.from({ length: 500 }, () => heap.pop()!);

  assert.deepEqual(drained, values.slice().sort((a, b) => a - b));
  assert.equal(heap.pop(), undefined);
});

Deno.test("a state hash tells texts and their borders apart, and goes on from its halves", () => {
  const digest = (...texts: string[]) =>
    texts.reduce((hash, text) => hash.addText(text), new StateHash()).digest();

  const digests = [digest(""), digest("a"), digest("b"), digest("a", "bc"), digest("ab", "c"), digest("abc")];

  assert.equal(new Set(digests).size, digests.length);
  assert.equal(
    StateHash.restore(new StateHash().addText("a").capture()).addText("bc").digest(),
    digest("a", "bc"),
  );
});

Deno.test("ids are 16 hex digits inside and short outside", () => {
  assert.equal(shortId(memberId("00a8f3458387986d")), "a8f3458387986d");
  assert.throws(() => memberId("A8F3458387986D00"), /not a member id/);
  assert.throws(() => memberId("0000000000000000"), /not a member id/);
});

Deno.test("a clone shares nothing that changes", () => {
  const original = {
    list: [1, { deep: 2 }],
    map: new Map([["a", [1]]]),
    set: new Set([1]),
    bytes: Uint8Array.of(1),
  };

  const copy = clonePlain(original);
  original.list.push(3);
  original.map.get("a")!.push(2);
  original.set.add(2);

  assert.deepEqual(copy, {
    list: [1, { deep: 2 }],
    map: new Map([["a", [1]]]),
    set: new Set([1]),
    bytes: original.bytes,
  });
  assert.equal(copy.bytes, original.bytes);
});
