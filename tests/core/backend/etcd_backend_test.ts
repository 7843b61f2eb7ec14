// Our state as etcd's database and back, without etcd: nothing is lost, and nothing bad is believed.

import assert from "node:assert/strict";
import { concatBytes, equalBytes, fromHex, utf8 } from "../../../core/base/bytes.ts";
import { clusterId, memberIdOf } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import { bucketOf, planBbolt, runToEnd } from "../../../core/backend/bbolt_writer.ts";
import { decodeBackend, encodeBackend } from "../../../core/backend/etcd_backend.ts";
import {
  type BackendState,
  encodeSnapshotFile,
  isTrouble,
  planSnapshotFile,
  readSnapshotFile,
  restoredDisk,
  type Trouble,
} from "../../../core/backend/mod.ts";
import { putRequest } from "../../../core/kv/mod.ts";
import { keyValueBytes } from "../../../core/kv/record.ts";
import { revisionBytes } from "../../../core/kv/revision.ts";
import { StateMachine } from "../../../core/member/state_machine.ts";
import { recover } from "../../../core/wal/wal_reader.ts";
import { applyOps } from "../wal/wal_model.ts";
import { historyOf } from "./histories.ts";

function sound<T extends object>(result: T | Trouble): T {
  if (isTrouble(result)) assert.fail(result.says);
  return result as T;
}

function says(result: object): string {
  assert.ok(isTrouble(result), "it was read");
  return result.says;
}

/** The same state machine, as far as a database tells. */
function machineOf(state: BackendState): StateMachine {
  const whole = new StateMachine();
  return StateMachine.restore({
    ...whole.capture(),
    kv: state.kv.capture(),
    members: { members: state.members, removed: state.removed },
    alarms: state.alarms,
    clusterVersion: state.clusterVersion,
    applied: state.applied,
  });
}

Deno.test("a state comes back from etcd's database equal to the byte", () => {
  for (const compactAtPerMille of [null, 0, 500, 999]) {
    const machine = historyOf({ seed: 11, stepCount: 800, compactAtPerMille: compactAtPerMille });
    machine.alarms.raise({ member: memberIdOf(2), alarm: "noSpace" });
    machine.alarms.raise({ member: memberIdOf(1), alarm: "corrupt" });

    const bytes = encodeBackend(machine);
    const state = sound(decodeBackend(bytes));

    assert.ok(equalBytes(machineOf(state).encode(), machine.encode()));
    assert.equal(state.applied, machine.applied);
    assert.deepEqual(state.kv.hashKv(), machine.kv.hashKv());
    assert.ok(equalBytes(encodeBackend(machineOf(state)), bytes));
  }
});

Deno.test("a snapshot is of the moment it was asked for, and goes out in pieces as large as etcd's", () => {
  const machine = historyOf({ seed: 5, stepCount: 200, compactAtPerMille: 500 });
  const before = machine.encode();
  const write = () =>
    machine.applyRequest(machine.applied + 1, putRequest({ key: utf8("meanwhile"), value: utf8("x") }));
  const planning = planSnapshotFile(machine);
  write();
  const plan = runToEnd(planning);
  const chunks: Uint8Array[] = [];
  for (const chunk of plan.chunks()) {
    chunks.push(chunk);
    write();
  }

  const file = concatBytes(chunks);
  assert.equal(file.length, plan.sizeBytes);
  assert.equal(chunks.at(-1)!.length, 32);
  assert.ok(chunks.slice(0, -2).every((chunk) => chunk.length === 32 * 1024));
  const state = sound(readSnapshotFile(file, { skipHashCheck: false }));
  assert.ok(equalBytes(machineOf(state).encode(), before));
});

Deno.test("a snapshot file is refused for what is wrong with it", () => {
  const file = encodeSnapshotFile(historyOf({ seed: 5, stepCount: 50, compactAtPerMille: null }));
  const flipped = file.slice();
  // Within the large value, so that the database itself still reads.
  flipped[file.length >> 1]! ^= 1;
  const read = (bytes: Uint8Array, skipHashCheck = false) => readSnapshotFile(bytes, { skipHashCheck });

  assert.match(says(read(file.subarray(0, 20_000))), /^it is cut: /);
  assert.match(says(read(file.subarray(0, file.length - 32))), /^it does not end with a SHA-256/);
  assert.match(says(read(utf8("no snapshot\n".repeat(1000)))), /^it is no bbolt database/);
  assert.match(says(read(flipped)), /^its SHA-256 does not match: expected [0-9a-f]{64}, got [0-9a-f]{64}/);
  assert.equal(sound(read(flipped, true)).kind, "backend");
  assert.equal(sound(read(file.subarray(0, file.length - 32), true)).kind, "backend");
});

type Pair = readonly [key: Uint8Array, value: Uint8Array];

/** etcd's database with these pairs in its key and other buckets. */
function database(buckets: Readonly<Record<string, readonly Pair[]>>): Uint8Array {
  const all: Readonly<Record<string, readonly Pair[]>> = { key: [], meta: [], ...buckets };
  const named = Object.keys(all).sort().map((name) => bucketOf(name, all[name]!));
  return concatBytes([...runToEnd(planBbolt(named)).chunks()]);
}

function revision(main: number, isDeletion = false): Uint8Array {
  return revisionBytes({ main, sub: 0, isDeletion });
}

function keyValue(main: number, fields: { create: number; version: number; lease?: string }): Uint8Array {
  return keyValueBytes({
    kv: {
      key: utf8("k"),
      value: utf8("v"),
      createRevision: fields.create,
      modRevision: main,
      version: fields.version,
      lease: fields.lease ?? "",
    },
    sub: 0,
  });
}

const KEY_ALONE = new Uint8Array([0x0a, 1, 0x6b]);

Deno.test("a compaction that a crash interrupted is finished, whatever it had removed by then", () => {
  const records: Pair[] = [
    [revision(2), keyValue(2, { create: 2, version: 1 })],
    [revision(3), keyValue(3, { create: 2, version: 2 })],
    [revision(4, true), KEY_ALONE],
    [revision(5), keyValue(5, { create: 5, version: 1 })],
    [revision(6), keyValue(6, { create: 5, version: 2 })],
  ];
  const meta: Pair[] = [[utf8("scheduledCompactRev"), revision(5)]];
  for (let removedCount = 0; removedCount <= 3; removedCount++) {
    const { kv } = sound(decodeBackend(database({ key: records.slice(removedCount), meta })));

    assert.equal(kv.revision, 6);
    assert.equal(kv.compactRevision, 5);
    assert.deepEqual([...kv.records()].map((record) => record.kv.modRevision), [5, 6]);
  }
  // Everything may have been deleted and compacted away: the revision stands all the same.
  const { kv } = sound(decodeBackend(database({ meta: [[utf8("finishedCompactRev"), revision(9)]] })));
  assert.deepEqual([kv.revision, kv.compactRevision, kv.recordCount], [9, 9, 0]);
});

Deno.test("a database that is not etcd's, or makes no sense, is refused by naming the bucket", () => {
  const lease: Pair = [new Uint8Array([0, 0, 0, 0, 0, 0, 0, 9]), new Uint8Array([8, 9, 16, 60])];
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [concatBytes([...runToEnd(planBbolt([])).chunks()]), /not etcd's: it has no bucket "key"/],
    [database({ key: [[utf8("short"), utf8("")]] }), /^bucket "key": the value of "short" makes no sense$/],
    [database({ key: [[revision(2), utf8("junk")]] }), /^bucket "key": the value of 0x0{15}25f0{16} makes/],
    [database({ key: [[revision(4, true), KEY_ALONE]] }), /^bucket "key": it deletes a key at revision 4/],
    [
      database({ key: [[revision(2), keyValue(2, { create: 2, version: 1, lease: "0000000000000009" })]] }),
      /^bucket "key": a key names the lease 0000000000000009, which it lacks$/,
    ],
    [database({ lease: [[lease[0], utf8("x")]] }), /^bucket "lease": the value of 0x0000000000000009 makes/],
    [database({ lease: [[revision(9), lease[1]]] }), /^bucket "lease"/],
    [database({ members: [[utf8("2a"), utf8("{}")]] }), /^bucket "members": the value of "2a"/],
    [database({ members_removed: [[utf8("nobody"), utf8("removed")]] }), /^bucket "members_removed"/],
    [database({ meta: [[utf8("consistent_index"), utf8("7")]] }), /^bucket "meta"/],
    [database({ alarm: [[new Uint8Array([8, 1, 16, 9]), utf8("")]] }), /^bucket "alarm"/],
  ];
  for (const [bytes, pattern] of cases) assert.match(says(decodeBackend(bytes)), pattern);

  const guarded = sound(decodeBackend(database({
    auth: [[utf8("authEnabled"), new Uint8Array([1])]],
    authRoles: [[utf8("root"), fromHex("0a04726f6f74")]],
    authUsers: [[utf8("ann"), fromHex("0a03616e6e12017822020801")], [utf8("root"), fromHex("0a04726f6f74")]],
  })));
  assert.equal(guarded.auth.enabled, true);
  assert.deepEqual(guarded.auth.roles().map(({ name }) => name), ["root"]);
  assert.deepEqual(guarded.auth.users(), [
    { name: "ann", passwordHash: "x", noPassword: true, roles: [] },
    { name: "root", passwordHash: "", noPassword: false, roles: [] },
  ]);
  const misnamed = database({ authUsers: [[utf8("bob"), fromHex("0a03616e6e")]] });
  assert.match(says(decodeBackend(misnamed)), /^bucket "authUsers": the value of "bob"/);
});

Deno.test("a rotten database is read or refused, never crashed over", () => {
  const prng = new Prng(3);
  const file = encodeBackend(historyOf({ seed: 2, stepCount: 60, compactAtPerMille: 500 }));
  const pageCount = Math.floor((file.length - 1_200_000) / 4096);
  let troubleCount = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = file.slice();
    for (let flips = 1 + prng.below(4); flips > 0; flips--) {
      // Values are most of a page; what is in front of them says more.
      bytes[prng.below(pageCount) * 4096 + prng.below(600)]! ^= 1 << prng.below(8);
    }
    if (isTrouble(decodeBackend(bytes))) troubleCount += 1;
  }

  assert.ok(troubleCount > 100, `only ${troubleCount} of 400 databases were found out`);
});

Deno.test("a restored disk recovers to all keys, leases and the new members alone", () => {
  const { kv } = historyOf({ seed: 8, stepCount: 300, compactAtPerMille: 300 });
  const members = [4, 5].map((i) => ({
    id: memberIdOf(i),
    name: `m${i}`,
    peerUrls: [`http://10.1.0.${i}:2380`],
    clientUrls: [],
    isLearner: false,
  }));
  const identity = { clusterId: clusterId("00000000000000aa"), memberId: memberIdOf(5) };

  const image = applyOps(
    new Map(),
    restoredDisk({ kv }, { self: memberIdOf(5), clusterId: identity.clusterId, members }),
  );
  const recovered = recover(image, { segmentBytesMax: 1024, identity });

  assert.equal(recovered.kind, "recovered");
  if (recovered.kind !== "recovered") return;
  assert.deepEqual(recovered.hardState, { term: 1, vote: null, commit: 2 });
  assert.deepEqual(recovered.snapshot!.meta.confState.voters, [memberIdOf(4), memberIdOf(5)]);
  const machine = StateMachine.decode(recovered.snapshot!.data, recovered.snapshot!.meta.index)!;
  assert.ok(equalBytes(machine.kv.encode(), kv.encode()));
  assert.deepEqual(machine.members.capture(), { members, removed: [] });
});
