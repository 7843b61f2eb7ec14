// etcd's log, from segments made by hand: chains over segments, voided entries, torn tails, rot.

import assert from "node:assert/strict";
import { type EtcdWal, isEtcdSegment, readEtcdWal } from "../../../core/backend/etcd_wal.ts";
import { readEtcdDir } from "../../../core/backend/etcd_dir.ts";
import { isTrouble, type Trouble } from "../../../core/backend/trouble.ts";
import { headRecord } from "../../../core/wal/segment.ts";
import { encodeWrite } from "../../../core/wal/record.ts";
import { clusterId, memberIdOf } from "../../../core/base/ids.ts";
import { EtcdLog, SEGMENT_BYTES } from "./etcd_log.ts";

function read(log: EtcdLog): EtcdWal {
  const wal = readEtcdWal(log.segments);
  if (isTrouble(wal)) assert.fail(wal.says);
  return wal;
}

function says(result: object): string {
  assert.ok(isTrouble(result), "it was read");
  return (result as Trouble).says;
}

Deno.test("a log reads on from segment to segment", () => {
  const log = new EtcdLog().entry(1, 1, "a").state(1, 1).cut().entry(2, 1, "b").state(2, 2).cut();

  const wal = read(log);

  assert.deepEqual(wal.identity, { clusterId: "0000000000000003", memberId: "0000000000000002" });
  assert.deepEqual(wal.hardState, { term: 2, vote: "0000000000000002", commit: 2 });
  assert.deepEqual(wal.entries.map(({ index, term, data }) => [index, term, data.length]), [[1, 1, 1], [
    2,
    1,
    1,
  ]]);
  // Without the oldest segments, as after a snapshot, the chain starts from what a segment itself says.
  const later = readEtcdWal(log.segments.slice(1));
  assert.ok(!isTrouble(later));
  assert.equal(later.entries.length, 1);
});

Deno.test("a log whose last write was torn ends before it, rot is told", () => {
  const log = new EtcdLog().entry(1, 1, "kept").state(1, 1);
  const start = log.at;
  log.entry(2, 1, "x".repeat(2000)).state(1, 2);
  const { file, bytes } = log.segments[0]!;
  for (const sector of [512, 1024, 1536]) {
    const torn = bytes.slice();
    // Whatever came after, this sector of the entry never reached the disk.
    torn.fill(0, sector, sector + 512);
    const wal = readEtcdWal([{ file, bytes: torn }]);
    assert.ok(!isTrouble(wal));
    assert.deepEqual(wal.entries.map(({ index }) => index), [1]);
    // The same in a segment that has others behind it is no tear.
    const inner = readEtcdWal([{ file, bytes: torn }, { file: "wal/next", bytes }]);
    assert.match(says(inner), new RegExp(`^${file}, byte ${start}: a record whose checksum does not match$`));
  }

  const rotten = bytes.slice();
  rotten[start + 700]! ^= 4;
  assert.match(says(readEtcdWal([{ file, bytes: rotten }])), /a record whose checksum does not match$/);
  const alien = new EtcdLog().entry(1, 1, "other").cut();
  assert.match(
    says(readEtcdWal([log.segments[0]!, alien.segments[1]!])),
    /^wal\/0{15}1-0{16}\.wal, byte 0: its checksum does not continue the log before it$/,
  );
});

Deno.test("an entry voids those before it at its index and beyond, and a gap is told", () => {
  const imageOf = (log: EtcdLog) => new Map(log.segments.map(({ file, bytes }) => [file, bytes]));
  const log = new EtcdLog().entry(1, 1).entry(2, 1).entry(3, 1).state(1, 1).entry(2, 2).state(2, 2);

  const member = readEtcdDir(imageOf(log));

  if (isTrouble(member)) assert.fail(member.says);
  assert.deepEqual(member.log.entries.map(({ index, term }) => [index, term]), [[1, 1], [2, 2]]);
  assert.equal(member.log.snapshot, null);
  assert.match(
    says(readEtcdDir(imageOf(new EtcdLog().entry(1, 1).entry(3, 1)))),
    /goes on at entry 3 after 1/,
  );
  assert.match(says(readEtcdDir(imageOf(new EtcdLog().entry(7, 1)))), /goes on at entry 7 after 0/);
  const holed = imageOf(log.cut().cut());
  holed.delete("wal/0000000000000001-0000000000000000.wal");
  assert.match(says(readEtcdDir(holed)), /^the log misses a file before wal\/0{15}2-/);
  assert.match(says(readEtcdDir(new Map())), /does not say whose it is/);
});

Deno.test("etcd's segments and ours are told apart", () => {
  const identity = { clusterId: clusterId("00000000000000aa"), memberId: memberIdOf(1) };
  const ours = encodeWrite([headRecord(identity, { sequence: 0, firstIndex: 1 })], {
    previousCheck: 0,
    writeNumber: 0,
  });

  assert.ok(isEtcdSegment(new EtcdLog().cut().segments[1]!.bytes));
  assert.ok(!isEtcdSegment(ours.bytes));
  assert.ok(!isEtcdSegment(new Uint8Array(SEGMENT_BYTES)));
  assert.ok(!isEtcdSegment(new Uint8Array(3)));
});

Deno.test("no single wrong byte of a log is crashed over", () => {
  const log = new EtcdLog().entry(1, 1, "a").entry(2, 1, "bc").state(1, 2);
  const { file, bytes } = log.segments[0]!;
  // The checksum does not cover a record's type, so a wrong one may turn even the hard state into an entry.
  for (let at = 0; at < log.at; at++) {
    for (const flip of [1, 0x80, 0xff]) {
      const bad = bytes.slice();
      bad[at]! ^= flip;
      const result = readEtcdWal([{ file, bytes: bad }]);
      assert.ok(isTrouble(result) || result.entries.length <= 3);
    }
  }
});
