import assert from "node:assert/strict";
import { toHex } from "../../../core/base/bytes.ts";
import {
  BODY_BYTES_MAX,
  decodeBody,
  decodeHeader,
  encodeWrite,
  HEADER_FIELDS,
  listRecords,
} from "../../../core/wal/record.ts";
import type { RecordContent } from "../../../core/wal/record.ts";
import { crc32c } from "../../../core/base/crc32c.ts";
import { smallLog } from "./wal_model.ts";

const RECORD: RecordContent = { kind: "entryNormal", index: 17, term: 3, body: Uint8Array.of(1, 2, 3, 4, 5) };

Deno.test("a record's bytes stand where the ruler says", () => {
  const { bytes, lastCheck } = encodeWrite([RECORD], { previousCheck: 0x11223344, writeNumber: 9 });

  const fields = HEADER_FIELDS.map((field) =>
    toHex(bytes.subarray(field.offsetBytes, field.offsetBytes + field.sizeBytes))
  );
  assert.deepEqual(fields.slice(0, 6), [
    "05000000",
    "44332211",
    "11000000000000",
    "02",
    "03000000000000",
    "89",
  ]);
  // Both checks, by a second implementation, low byte first.
  assert.equal(crc32cSlow(RECORD.body), crc32c(RECORD.body));
  assert.equal(fields[6], toHex(littleEndian(crc32cSlow(RECORD.body))));
  assert.equal(fields[7], toHex(littleEndian(crc32cSlow(bytes.subarray(0, 28)))));
  assert.equal(lastCheck, crc32cSlow(bytes.subarray(0, 28)));
  assert.equal(toHex(bytes.subarray(32)), "0102030405000000");
});

Deno.test("a header keeps every safe integer, and claims nothing a writer would not write", () => {
  const record = { ...RECORD, index: Number.MAX_SAFE_INTEGER, term: 2 ** 45 + 3 };
  const { bytes } = encodeWrite([record], { previousCheck: 0, writeNumber: 127 });

  const header = decodeHeader(bytes, 0);

  assert.deepEqual([header?.index, header?.term], [record.index, record.term]);
  assert.deepEqual([header?.writeNumber, header?.lastOfWrite], [127, true]);
  const forged: readonly (readonly [number, number, number])[] = [
    [0, 4, BODY_BYTES_MAX + 1],
    [15, 1, 0],
    [15, 1, 7],
    [12, 4, 0x0220_0000],
  ];
  for (const [at, sizeBytes, value] of forged) {
    const copy = bytes.slice();
    copy.set(littleEndian(value).subarray(0, sizeBytes), at);
    copy.set(littleEndian(crc32c(copy.subarray(0, 28))), 28);
    assert.equal(decodeHeader(copy, 0), null, `offset ${at}`);
  }
});

Deno.test("padding that is not zero makes the body damaged", () => {
  const { bytes } = encodeWrite([RECORD], { previousCheck: 0, writeNumber: 0 });
  const header = decodeHeader(bytes, 0)!;
  assert.deepEqual(decodeBody(bytes, 0, header), RECORD.body);

  bytes[39] = 1;

  assert.equal(decodeBody(bytes, 0, header), null);
});

Deno.test("the list of a segment's records covers every byte, whole, cut or damaged", () => {
  const disk = smallLog();
  for (const [file, bytes] of disk.image) {
    if (!file.startsWith("wal/")) continue;
    assert.ok(listRecords(bytes).every(({ state }) => state === "whole"));
    for (let size = 0; size <= bytes.length; size++) {
      const views = listRecords(bytes.subarray(0, size));
      assert.equal(views.reduce((sum, view) => sum + view.sizeBytes, 0), size);
      assert.ok(views.slice(0, -1).every(({ state }) => state === "whole"));
    }
  }

  const { bytes } = encodeWrite([RECORD, RECORD], { previousCheck: 0, writeNumber: 0 });
  bytes[33]! ^= 1;
  const [damaged, cut] = listRecords(bytes.subarray(0, 40 + 34));
  assert.equal(damaged?.state, "bodyDamaged");
  assert.deepEqual([cut?.state, cut?.missingBytes, cut?.body.length, cut?.header?.index], ["cut", 6, 2, 17]);
});

function littleEndian(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** Bit by bit, without tables. */
function crc32cSlow(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
