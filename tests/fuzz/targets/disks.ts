// What lies on disks: our log, snapshots, stores, and etcd's files.

import assert from "node:assert/strict";
import { decodeBackend, encodeSnapshotFile, isTrouble, readSnapshotFile } from "../../../core/backend/mod.ts";
import {
  META_BYTES,
  META_SUMMED_BYTES,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
} from "../../../core/backend/bbolt_format.ts";
import { fnv64a } from "../../../core/backend/bbolt_format.ts";
import { readEtcdDir } from "../../../core/backend/mod.ts";
import { concatBytes, fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { crc32c } from "../../../core/base/crc32c.ts";
import type { DiskImage } from "../../../core/base/disk.ts";
import { memberIdOf } from "../../../core/base/ids.ts";
import type { Prng } from "../../../core/base/prng.ts";
import { deleteRangeRequest, putRequest } from "../../../core/kv/mod.ts";
import { KvStore } from "../../../core/kv/kv_store.ts";
import { StateMachine } from "../../../core/member/state_machine.ts";
import { listRecords, RECORD_HEADER_BYTES } from "../../../core/wal/record.ts";
import { recover } from "../../../core/wal/wal_reader.ts";
import { etcdImages } from "../../core/backend/etcd_log.ts";
import { applyOps, entry, keptOf, OPTIONS, smallLog } from "../../core/wal/wal_model.ts";
import { mutateBytes, type Mutator } from "../mutate_bytes.ts";
import { type Target } from "../target.ts";

// --- A disk as one input: for each file | name length:1 | name | length:4 | bytes | ------------------------------

function packImage(image: DiskImage): Uint8Array {
  return concatBytes([...image].flatMap(([file, bytes]) => {
    const name = utf8(file);
    const head = new Uint8Array(1 + name.length + 4);
    head[0] = name.length;
    head.set(name, 1);
    new DataView(head.buffer).setUint32(1 + name.length, bytes.length);
    return [head, bytes];
  }));
}

/** Files as far as there are whole ones. */
function unpackImage(packed: Uint8Array): Map<string, Uint8Array> {
  const image = new Map<string, Uint8Array>();
  for (let at = 0; at < packed.length;) {
    const nameEnd = at + 1 + packed[at]!;
    if (nameEnd + 4 > packed.length) break;
    const name = fromUtf8(packed.subarray(at + 1, nameEnd));
    const size = new DataView(packed.buffer, packed.byteOffset + nameEnd).getUint32(0);
    at = nameEnd + 4 + size;
    image.set(name, packed.slice(nameEnd + 4, at));
  }
  return image;
}

/** Spoils one file, or loses, doubles or renames one. */
const mutateImage: Mutator = (prng, packed, others) => {
  const image = unpackImage(packed);
  const files = [...image.keys()];
  if (files.length === 0) return mutateBytes(prng, packed, others);
  const file = prng.pick(files);
  const bytes = image.get(file)!;
  switch (prng.below(12)) {
    case 0:
      image.delete(file);
      break;
    case 1:
      image.set(prng.pick(files), bytes);
      break;
    case 2:
      image.set(fromUtf8(mutateBytes(prng, utf8(file), [])).slice(0, 60), bytes);
      break;
    default:
      image.set(file, mutateBytes(prng, bytes, []));
  }
  return packImage(image);
};

/** Records of a log changed as an evil writer would: whole, with every checksum right. */
const mutateRecords: Mutator = (prng, packed) => {
  const image = unpackImage(packed);
  const segments = [...image.keys()].filter((file) => file.startsWith("wal/"));
  if (segments.length === 0) return packed;
  const file = prng.pick(segments);
  const bytes = image.get(file)!.slice();
  const records = listRecords(bytes);
  if (records.length === 0) return packed;
  for (let change = prng.pick([1, 1, 3]); change > 0; change--) {
    const { offsetBytes } = prng.pick(records);
    bytes[offsetBytes + prng.pick([8, 9, 15, 16, 17, 23, 32, 33, 40])] = prng.below(256);
  }
  image.set(file, bytes);
  return packImage(repairedLog(image));
};

/** The chain of checks of every segment made right again, from the first record on. */
function repairedLog(image: Map<string, Uint8Array>): Map<string, Uint8Array> {
  let previous: number | null = null;
  for (const file of [...image.keys()].filter((name) => name.startsWith("wal/")).sort()) {
    const bytes = image.get(file)!;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at + RECORD_HEADER_BYTES <= bytes.length;) {
      const bodyBytes = view.getUint32(at, true);
      const end = at + RECORD_HEADER_BYTES + bodyBytes;
      if (end > bytes.length) break;
      if (previous !== null) view.setUint32(at + 4, previous, true);
      view.setUint32(at + 24, crc32c(bytes.subarray(at + RECORD_HEADER_BYTES, end)), true);
      previous = crc32c(bytes.subarray(at, at + 28));
      view.setUint32(at + 28, previous, true);
      at = at + RECORD_HEADER_BYTES + Math.ceil(bodyBytes / 8) * 8;
    }
  }
  return image;
}

/** Whatever was recovered can be written on and recovered again. */
function recoverTwice(packed: Uint8Array): boolean {
  const image = unpackImage(packed);
  const verdict = recover(image, OPTIONS);
  if (verdict.kind !== "recovered") return false;
  const repaired = applyOps(image, verdict.repairs);
  const again = recover(repaired, OPTIONS);
  assert.equal(again.kind, "recovered", "what was repaired is not sound");
  assert.ok(again.kind === "recovered");
  assert.deepEqual(keptOf(again), keptOf(verdict), "a second recovery finds something else");
  assert.equal(again.repairs.length, 0, "a second recovery has something left to repair");
  const next = (verdict.entries.at(-1)?.index ?? verdict.snapshot?.meta.index ?? 0) + 1;
  const term = Math.max(
    1,
    verdict.hardState.term,
    verdict.entries.at(-1)?.term ?? 0,
    verdict.snapshot?.meta.term ?? 0,
  );
  const written = entry(next, term);
  const ops = again.writer.append({
    hardState: { ...verdict.hardState, term },
    entries: [written],
    snapshot: null,
  });
  const later = recover(applyOps(repaired, ops), OPTIONS);
  assert.ok(later.kind === "recovered", "a log that was written on is not sound");
  assert.deepEqual(later.entries.at(-1), written);
  return true;
}

// --- States ------------------------------------------------------------------------------------------------------

function someMachine(): StateMachine {
  const machine = new StateMachine();
  const apply = (request: Parameters<StateMachine["applyRequest"]>[1]) =>
    machine.applyRequest(machine.applied + 1, request);
  for (const i of [1, 2]) {
    const member = {
      id: memberIdOf(i),
      name: `infra${i}`,
      peerUrls: [`http://10.0.0.${i}:2380`],
      clientUrls: [],
      isLearner: i === 2,
    };
    machine.applyMembership(machine.applied + 1, { kind: "add", member });
  }
  apply({ kind: "clusterVersion", version: "3.4.0" });
  apply({ kind: "leaseGrant", id: "70cc7f0000000001", ttl: 60 });
  apply(putRequest({ key: utf8("a"), value: utf8("1"), lease: "70cc7f0000000001" }));
  apply(putRequest({ key: utf8("b"), value: utf8("2") }));
  apply(putRequest({ key: utf8("a"), value: utf8("3") }));
  apply(deleteRangeRequest({ key: utf8("b") }));
  apply({ kind: "compact", revision: 3, physical: false });
  apply({ kind: "alarm", action: "activate", member: memberIdOf(1), alarm: "noSpace" });
  return machine;
}

function withKvCheck(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  const repaired = bytes.slice();
  new DataView(repaired.buffer).setUint32(repaired.length - 4, crc32c(repaired.subarray(0, -4)));
  return repaired;
}

/** bbolt's two meta pages with their sums right. */
function withMetaSums(bytes: Uint8Array): Uint8Array {
  const repaired = bytes.slice();
  for (const page of [0, PAGE_BYTES]) {
    const start = page + PAGE_HEADER_BYTES;
    if (repaired.length < start + META_BYTES) continue;
    const sum = fnv64a(repaired.subarray(start, start + META_SUMMED_BYTES));
    new DataView(repaired.buffer).setBigUint64(start + META_SUMMED_BYTES, sum, true);
  }
  return repaired;
}

/** Bytes where a page has its numbers, rather than anywhere in mostly empty pages. */
const mutatePages: Mutator = (prng: Prng, bytes) => {
  const changed = bytes.slice();
  const pageCount = Math.floor(bytes.length / PAGE_BYTES);
  if (pageCount === 0) return changed;
  const view = new DataView(changed.buffer);
  for (let change = prng.pick([1, 1, 2, 4]); change > 0; change--) {
    const at = prng.below(pageCount) * PAGE_BYTES + prng.below(prng.pick([16, 80, 400]));
    const width = prng.pick([1, 2, 4]);
    const value = prng.pick([
      0,
      1,
      2,
      4,
      0x10,
      0x7f,
      0xff,
      0xffff,
      0x7fff_ffff,
      0xffff_ffff,
      prng.below(65_536),
    ]);
    if (width === 1) view.setUint8(at, value);
    else if (width === 2) view.setUint16(at, value, true);
    else if (at + 4 <= changed.length) view.setUint32(at, value, true);
  }
  return changed;
};

export const DISK_TARGETS: readonly Target[] = [
  {
    name: "wal",
    seeds: () => [packImage(smallLog().image)],
    mutators: [mutateImage, mutateRecords, mutateBytes],
    run: recoverTwice,
  },
  {
    name: "etcd_dir",
    seeds: () => etcdImages().map(packImage),
    mutators: [mutateImage, mutateBytes],
    run: (packed) => !isTrouble(readEtcdDir(unpackImage(packed))),
  },
  {
    name: "bbolt",
    seeds: () => [encodeSnapshotFile(someMachine())],
    mutators: [mutatePages, mutateBytes],
    repair: withMetaSums,
    run: (bytes) => {
      readSnapshotFile(bytes, { skipHashCheck: false });
      const state = decodeBackend(bytes.subarray(0, bytes.length - bytes.length % 512));
      return !isTrouble(state) && !isTrouble(readSnapshotFile(bytes, { skipHashCheck: true }));
    },
  },
  {
    name: "kv_tables",
    seeds: () => [someMachine().kv.encode()],
    mutators: [mutateBytes],
    repair: withKvCheck,
    run: (bytes) => {
      const store = KvStore.decode(bytes);
      if (!(store instanceof KvStore)) return false;
      const written = store.encode();
      const again = KvStore.decode(written);
      assert.ok(again instanceof KvStore, "what a store wrote is refused");
      assert.deepEqual(again.encode(), written, "a store does not come back as it was");
      return true;
    },
  },
  {
    name: "state_machine",
    seeds: () => [someMachine().encode()],
    mutators: [mutateBytes],
    repair: withKvCheck,
    run: (bytes) => StateMachine.decode(bytes, 12) !== null,
  },
];
