// etcd's log made by hand, and directories around it, for tests of what reads them.

import { concatBytes, utf8 } from "../../../core/base/bytes.ts";
import { crc32c } from "../../../core/base/crc32c.ts";
import type { DiskImage } from "../../../core/base/disk.ts";
import { integerFields } from "../../../core/backend/proto_fields.ts";

export const SEGMENT_BYTES = 8192;

/** Writes segments as etcd does: each as large as it will get, from the start filled with zeros. */
export class EtcdLog {
  readonly segments: { file: string; bytes: Uint8Array }[] = [];
  #check = 0;
  #at = 0;

  constructor() {
    this.cut();
  }

  /** Where the next record starts in the last segment. */
  get at(): number {
    return this.#at;
  }

  cut(): this {
    const file = `wal/${String(this.segments.length).padStart(16, "0")}-0000000000000000.wal`;
    this.segments.push({ file, bytes: new Uint8Array(SEGMENT_BYTES) });
    this.#at = 0;
    this.#frame(
      concatBytes([new Uint8Array([8, 4, 16, ...varint(this.#check)])]),
    );
    return this.#record(1, integerFields([[1, 2n], [2, 3n]]));
  }

  entry(index: number, term: number, data = ""): this {
    const head = integerFields([[2, BigInt(term)], [3, BigInt(index)]]);
    return this.#record(2, concatBytes([head, bytesField(4, utf8(data))]));
  }

  state(term: number, commit: number): this {
    return this.#record(3, integerFields([[1, BigInt(term)], [2, 2n], [3, BigInt(commit)]]));
  }

  #record(type: number, data: Uint8Array): this {
    this.#check = crc32c(data, this.#check);
    const head = integerFields([[1, BigInt(type)], [2, BigInt(this.#check)]]);
    return this.#frame(concatBytes([head, bytesField(3, data)]));
  }

  #frame(record: Uint8Array): this {
    const { bytes } = this.segments.at(-1)!;
    const paddingBytes = (8 - record.length % 8) % 8;
    const view = new DataView(bytes.buffer);
    view.setUint32(this.#at, record.length, true);
    view.setUint8(this.#at + 7, paddingBytes === 0 ? 0 : 0x80 | paddingBytes);
    bytes.set(record, this.#at + 8);
    this.#at += 8 + record.length + paddingBytes;
    return this;
  }
}

function varint(value: number): number[] {
  // Field 1's tag is one byte; a zero would be left out altogether.
  return value === 0 ? [0] : [...integerFields([[1, BigInt(value)]])].slice(1);
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return concatBytes([new Uint8Array([field << 3 | 2, ...varint(bytes.length)]), bytes]);
}

/** Data directories of etcd: a log alone, one of several segments, one with entries that were voided. */
export function etcdImages(): readonly DiskImage[] {
  const logs = [
    new EtcdLog().entry(1, 1, "a").state(1, 1),
    new EtcdLog().entry(1, 1, "a").state(1, 1).cut().entry(2, 1, "b").state(2, 2).cut(),
    new EtcdLog().entry(1, 1).entry(2, 1).entry(3, 1).state(1, 1).entry(2, 2).state(2, 2),
  ];
  return logs.map(({ segments }) => new Map(segments.map(({ file, bytes }) => [file, bytes])));
}
