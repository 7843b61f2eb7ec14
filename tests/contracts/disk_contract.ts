// What every Disk must do, whatever it is made of. A home runs these checks on its own adapter by handing in a bench
// that can open the same disk again and again. No check waits for time, only for callbacks.

import assert from "node:assert/strict";
import type { DiskImage, DiskOp } from "../../core/base/disk.ts";
import type { Disk } from "../../core/member/ports.ts";

export interface DiskBench {
  /** Opens the same place again, after the disk before was closed: what an adapter does when its member restarts. */
  open(): Promise<{ disk: Disk; image: DiskImage }>;
  /** Forgets the place. */
  dispose(): Promise<void>;
}

export interface ContractCase {
  /** A sentence to follow the adapter's name. */
  readonly name: string;
  run(bench: DiskBench): Promise<void>;
}

export const DISK_CONTRACT: readonly ContractCase[] = [
  {
    name: "is empty at first",
    async run(bench) {
      const { image } = await bench.open();

      assert.deepEqual([...image.keys()], []);
    },
  },
  {
    name: "gives back after reopening what was written, operation by operation",
    async run(bench) {
      const first = await bench.open();
      await written(first.disk, 1, [
        { kind: "append", file: "wal/a", offsetBytes: 0, bytes: bytes(1, 2, 3) },
        { kind: "append", file: "wal/a", offsetBytes: 3, bytes: bytes(4, 5) },
        { kind: "append", file: "wal/b", offsetBytes: 0, bytes: bytes(9) },
        { kind: "replace", file: "snap/s", bytes: bytes(7, 7) },
      ]);
      await written(first.disk, 2, [
        { kind: "truncate", file: "wal/a", sizeBytes: 4 },
        { kind: "append", file: "wal/a", offsetBytes: 4, bytes: bytes(6) },
        { kind: "replace", file: "snap/s", bytes: bytes(8) },
        { kind: "remove", file: "wal/b" },
      ]);
      first.disk.close();

      const { image } = await bench.open();

      assert.deepEqual(plain(image), { "snap/s": [8], "wal/a": [1, 2, 3, 4, 6] });
    },
  },
  {
    name: "goes on at the tail of a file from an earlier life",
    async run(bench) {
      const first = await bench.open();
      await written(first.disk, 1, [{ kind: "append", file: "wal/a", offsetBytes: 0, bytes: bytes(1) }]);
      first.disk.close();
      const second = await bench.open();
      await written(second.disk, 1, [{ kind: "append", file: "wal/a", offsetBytes: 1, bytes: bytes(2) }]);
      second.disk.close();

      const { image } = await bench.open();

      assert.deepEqual(plain(image), { "wal/a": [1, 2] });
    },
  },
  {
    name: "lets a file grow again after it was emptied, removed or replaced",
    async run(bench) {
      const first = await bench.open();
      await written(first.disk, 1, [
        { kind: "append", file: "wal/a", offsetBytes: 0, bytes: bytes(1, 2) },
        { kind: "truncate", file: "wal/a", sizeBytes: 0 },
        { kind: "append", file: "wal/a", offsetBytes: 0, bytes: bytes(3) },
        { kind: "append", file: "wal/b", offsetBytes: 0, bytes: bytes(4) },
        { kind: "remove", file: "wal/b" },
        { kind: "append", file: "wal/b", offsetBytes: 0, bytes: bytes(5) },
        { kind: "replace", file: "wal/c", bytes: bytes(6) },
        { kind: "append", file: "wal/c", offsetBytes: 1, bytes: bytes(7) },
      ]);
      first.disk.close();

      const { image } = await bench.open();

      assert.deepEqual(plain(image), { "wal/a": [3], "wal/b": [5], "wal/c": [6, 7] });
    },
  },
  {
    name: "takes removing what is not there for done",
    async run(bench) {
      const { disk } = await bench.open();

      await written(disk, 1, [{ kind: "remove", file: "wal/never" }]);
    },
  },
  {
    name: "completes writes one after another and never from within the call",
    async run(bench) {
      const { disk } = await bench.open();
      const order: string[] = [];
      const append = (at: number): DiskOp[] => [
        { kind: "append", file: "wal/a", offsetBytes: at, bytes: bytes(at) },
      ];

      await new Promise<void>((done, failed) => {
        disk.write({ writeId: 1, ops: append(0) }, () => {
          order.push("first");
          disk.write({ writeId: 2, ops: append(1) }, () => {
            order.push("second");
            done();
          }, failed);
          order.push("second asked");
        }, failed);
        order.push("first asked");
      });

      assert.deepEqual(order, ["first asked", "first", "second asked", "second"]);
    },
  },
  {
    name: "completes a write without operations",
    async run(bench) {
      const { disk } = await bench.open();

      await written(disk, 1, []);
    },
  },
  {
    name: "keeps large writes whole",
    async run(bench) {
      const large = new Uint8Array(3 * 1024 * 1024 + 17).map((_, i) => (i * 31) & 0xff);
      const first = await bench.open();
      await written(first.disk, 1, [
        { kind: "append", file: "wal/a", offsetBytes: 0, bytes: large },
        { kind: "replace", file: "snap/s", bytes: large },
      ]);
      first.disk.close();

      const { image } = await bench.open();

      assert.deepEqual(image.get("wal/a"), large);
      assert.deepEqual(image.get("snap/s"), large);
    },
  },
];

/** Resolves when the write is durable, rejects with the disk's words when it failed. */
export function written(disk: Disk, writeId: number, ops: readonly DiskOp[]): Promise<void> {
  return new Promise((resolve, reject) => {
    disk.write({ writeId, ops }, resolve, (why) => reject(new Error(why)));
  });
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

function plain(image: DiskImage): Record<string, number[]> {
  const names = [...image.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, [...image.get(name)!]]));
}
