// etcd's files against etcd itself: what it writes we read, what we write it serves, number for number by its own hash.

import assert from "node:assert/strict";
import { equalBytes, utf8 } from "../../../core/base/bytes.ts";
import type { DiskImage } from "../../../core/base/disk.ts";
import {
  type BackendState,
  encodeSnapshotFile,
  type EtcdMember,
  holdsEtcdData,
  importedDisk,
  isTrouble,
  readEtcdDir,
  readSnapshotFile,
  type Trouble,
} from "../../../core/backend/mod.ts";
import { type KvStore, rangeRequest } from "../../../core/kv/mod.ts";
import { Member } from "../../../core/member/member.ts";
import { ETCD_RULES, ETCD_TIMING, MEMBER_DEFAULTS } from "../../../core/member/options.ts";
import { decodeHead, HEAD_RECORD_BYTES, type WalIdentity } from "../../../core/wal/segment.ts";
import { RECORD_HEADER_BYTES } from "../../../core/wal/record.ts";
import { applyOps } from "../wal/wal_model.ts";
import { historyOf } from "./histories.ts";
import { etcdTest, imageOf, output, RealEtcd } from "./real_etcd.ts";

function sound<T extends object>(result: T | Trouble): T {
  if (isTrouble(result)) assert.fail(result.says);
  return result as T;
}

function says(result: object): string {
  assert.ok(isTrouble(result), "it was read");
  return result.says;
}

const base64 = (text: string) => btoa(text);
const LEASE = "001cdfcb853d3fe1";

/** Keys over many pages, overwritten and deleted; leases; a compaction; a value larger than any page. */
async function fill(etcd: RealEtcd): Promise<void> {
  for (const ID of ["7", String(BigInt(`0x${LEASE}`))]) await etcd.call("lease/grant", { ID, TTL: "3000" });
  for (let round = 0; round < 3; round++) {
    for (let first = 0; first < 1000; first += 100) {
      const success = Array.from({ length: 100 }, (_, i) => ({
        requestPut: {
          key: base64(`key/${first + i}`),
          value: base64(`value ${round} `.repeat(8)),
          lease: i % 10 === 0 ? String(BigInt(`0x${LEASE}`)) : "0",
        },
      }));
      await etcd.call("kv/txn", { success });
    }
    await etcd.call("kv/deleterange", { key: base64("key/2"), range_end: base64("key/3") });
  }
  await etcd.call("kv/put", { key: base64("large"), value: base64("x".repeat(1_000_000)) });
  await etcd.call("kv/compaction", { revision: "20", physical: true });
  await etcd.call("kv/put", { key: base64("key/21"), value: base64("alive again") });
  await etcd.call("kv/put", { key: base64("key/21"), value: base64("and changed") });
  await etcd.call("kv/deleterange", { key: base64("key/999") });
}

async function assertSameKeys(kv: KvStore, etcd: RealEtcd): Promise<void> {
  for (const revision of [0, 25, kv.revision - 1]) {
    const { hash, compactRevision } = await etcd.hashKv(revision);
    const ours = kv.hashKv(revision);
    assert.deepEqual(
      ours,
      { kind: "hashKv", hash, compactRevision, hashRevision: revision || kv.revision },
      `at ${revision}`,
    );
  }
}

function leaseTexts(kv: KvStore): string[] {
  return kv.leases().map(({ id, grantedTtl }) => `${id} ${grantedTtl} s ${kv.leaseKeys(id).length} keys`);
}

/** A member on these files, gone through its start and a few ticks. */
function recovered(identity: WalIdentity, image: DiskImage): Member {
  const recovery = Member.recover({
    ...MEMBER_DEFAULTS,
    id: identity.memberId,
    clusterId: identity.clusterId,
    name: "taken over",
    clientUrls: ["http://127.0.0.1:2379"],
    bootstrap: { kind: "join", members: [] },
    timing: ETCD_TIMING,
    rules: ETCD_RULES,
    seed: 1,
    startId: 1,
    trace: false,
  }, image);
  if (recovery.kind === "refused") assert.fail(recovery.says);
  const { member } = recovery;
  let { outputs } = recovery;
  for (let tick = 0; tick < 60; tick++) {
    const written = outputs.flatMap((output) =>
      output.kind === "write" ? [{ kind: "written", writeId: output.write.writeId } as const] : []
    );
    outputs = member.handle(written.length > 0 ? written : [{ kind: "tick" }]);
  }
  return member;
}

function identityIn(image: DiskImage): WalIdentity {
  const [, segment] = [...image].find(([file]) => file.startsWith("wal/") && file.endsWith(".wal"))!;
  const head = decodeHead(segment.subarray(RECORD_HEADER_BYTES, HEAD_RECORD_BYTES));
  assert.equal(head.kind, "head");
  return (head as { identity: WalIdentity }).identity;
}

function keyCountOf(member: Member): number {
  const answer = member.read(rangeRequest({ key: utf8("\0"), rangeEnd: utf8("\0"), countOnly: true }));
  assert.equal(answer.kind, "range");
  return (answer as { count: number }).count;
}

etcdTest(
  "a real etcd's snapshot, its data directory and what etcdctl restores of it all read alike",
  async (directory) => {
    await using etcd = await new RealEtcd("infra1", `${directory}/real.etcd`).start();
    await fill(etcd);
    const file = `${directory}/backup.db`;
    await etcd.ctl("snapshot", "save", file);
    const snapshot = await Deno.readFile(file);

    const state = sound(readSnapshotFile(snapshot, { skipHashCheck: false }));

    await assertSameKeys(state.kv, etcd);
    assert.deepEqual(leaseTexts(state.kv), [
      "0000000000000007 3000 s 0 keys",
      `${LEASE} 3000 s 89 keys`,
    ]);
    assert.deepEqual(state.members.map(({ name, peerUrls }) => [name, ...peerUrls]), [[
      "infra1",
      etcd.peerUrl,
    ]]);
    assert.equal(state.clusterVersion, "3.4.0");

    // What follows is in the log and the database, but the database does not count it as applied.
    await etcd.ctl("member", "add", "unstarted", "--learner", "--peer-urls=http://127.0.0.1:9");
    await etcd.call("lease/grant", { ID: "9", TTL: "50" });
    const hash = await etcd.hashKv();
    await etcd.kill();
    const image = await imageOf(etcd.dataDir);
    assert.ok(holdsEtcdData(image));
    const taken = sound(readEtcdDir(image));

    assert.equal((taken.machine.kv.hashKv() as { hash: number }).hash, hash.hash);
    // The member was added after the last change of a key: that is for the log to tell.
    assert.deepEqual(taken.machine.members.list().map(({ name }) => name), ["infra1"]);
    const member = recovered(taken.identity, applyOps(new Map(), importedDisk(taken)));
    assert.equal(member.kvHash, hash.hash.toString(16).padStart(8, "0"));
    assert.ok(member.applied >= taken.log.hardState.commit);
    assert.deepEqual(
      member.view().members.map(({ name, isLearner }) => `${name} ${isLearner}`).sort(),
      [" true", "taken over false"],
    );

    await assertRestoredByEtcdctl(directory, file, state);
    await assertRestoredByTask(directory, file, state);
    assertDamageIsTold(image, taken);
  },
);

async function assertRestoredByEtcdctl(directory: string, file: string, state: BackendState): Promise<void> {
  const dataDir = `${directory}/restored.etcd`;
  // deno-fmt-ignore
  await output("etcdctl", "snapshot", "restore", file, "--data-dir", dataDir, "--name", "m2",
    "--initial-cluster", "m1=http://127.0.0.1:1,m2=http://127.0.0.1:2", "--initial-cluster-token", "t",
    "--initial-advertise-peer-urls", "http://127.0.0.1:2");
  const taken = sound(readEtcdDir(await imageOf(dataDir)));
  assert.ok(equalBytes(taken.machine.kv.encode(), state.kv.encode()));
  assert.equal(taken.log.snapshot!.meta.confState.voters.length, 2);

  const member = recovered(taken.identity, applyOps(new Map(), importedDisk(taken)));
  assert.equal(keyCountOf(member), state.kv.keyCount);
  assert.deepEqual(member.view().members.map(({ peerUrls }) => peerUrls[0]).sort(), [
    "http://127.0.0.1:1",
    "http://127.0.0.1:2",
  ]);
}

/** `deno task restore` gives the member the very ids that etcdctl gives it, and the same state. */
async function assertRestoredByTask(directory: string, file: string, state: BackendState): Promise<void> {
  const dataDir = `${directory}/task.etcd`;
  // deno-fmt-ignore
  const flags = [file, "--data-dir", dataDir, "--wal-dir", `${directory}/task.wal`, "--name", "m2",
    "--initial-cluster", "m1=http://127.0.0.1:1,m2=http://127.0.0.1:2", "--initial-cluster-token=t",
    "--initial-advertise-peer-urls", "http://127.0.0.1:2"];
  const restored = await restoreTask(...flags);
  assert.equal(restored.code, 0, restored.text);
  assert.match(restored.text, /^restored .*: \d+ keys at revision \d+, 2 leases, as member m2 \([0-9a-f]+\)/);

  const image = new Map<string, Uint8Array>();
  for (
    const [folder, path] of [["wal", `${directory}/task.wal`], ["snap", `${dataDir}/member/snap`]] as const
  ) {
    for await (const { name } of Deno.readDir(path)) {
      image.set(`${folder}/${name}`, await Deno.readFile(`${path}/${name}`));
    }
  }
  const identity = identityIn(image);
  const byEtcdctl = sound(readEtcdDir(await imageOf(`${directory}/restored.etcd`)));
  assert.deepEqual(identity, byEtcdctl.identity);
  const member = recovered(identity, image);
  assert.equal(keyCountOf(member), state.kv.keyCount);
  assert.equal(member.kvHash, (state.kv.hashKv() as { hash: number }).hash.toString(16).padStart(8, "0"));

  const again = await restoreTask(...flags);
  assert.deepEqual([again.code, /wal-dir ".*" exists/.test(again.text)], [1, true]);
  await Deno.writeFile(`${directory}/cut.db`, (await Deno.readFile(file)).subarray(0, 30_000));
  const cut = await restoreTask(`${directory}/cut.db`, "--data-dir", `${directory}/none`);
  assert.match(cut.text, /^error: .*cut\.db is not a snapshot that can be restored: it is cut: /);
  assert.equal((await restoreTask("--data-dir", "x")).code, 2);
}

async function restoreTask(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly text: string }> {
  const root = new URL("../../../", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--allow-read",
      "--allow-write",
      "workers/deno/restore_main.ts",
      ...args,
    ],
    cwd: root,
    stdin: "null",
  }).output();
  return { code, text: new TextDecoder().decode(stderr) };
}

function assertDamageIsTold(image: DiskImage, whole: EtcdMember): void {
  const segment = [...image.keys()].find((file) => file.endsWith("0000.wal"))!;
  const wal = image.get(segment)!;
  const withWal = (bytes: Uint8Array) => new Map(image).set(segment, bytes);
  const rotten = wal.slice();
  rotten[2000]! ^= 1;
  assert.match(
    says(readEtcdDir(withWal(rotten))),
    /^wal\/0{16}-0{16}\.wal, byte \d+: a record whose checksum/,
  );

  const withoutDatabase = new Map(image);
  withoutDatabase.delete("snap/db");
  const replayed = sound(readEtcdDir(withoutDatabase));
  assert.equal(replayed.log.snapshot, null);
  assert.equal(replayed.log.entries.at(-1)!.index, whole.log.entries.at(-1)!.index);

  const cut = new Map(image).set("snap/db", image.get("snap/db")!.subarray(0, 50_000));
  assert.match(says(readEtcdDir(cut)), /^snap\/db: it is cut: /);
}

etcdTest(
  "our snapshot is one that etcdctl checks and restores, and a real etcd serves and goes on from",
  async (directory) => {
    const machine = historyOf({ seed: 21, stepCount: 1500, compactAtPerMille: 400 });
    const { kv } = machine;
    const file = `${directory}/ours.db`;
    await Deno.writeFile(file, encodeSnapshotFile(machine));

    const status = JSON.parse(await output("etcdctl", "snapshot", "status", file, "-w", "json"));
    // All buckets' pairs: records, leases, members, the removed one, the versions of cluster and users, three of meta.
    const pairCount = kv.recordCount + 3 + 3 + 1 + 2 + 3;
    assert.deepEqual([status.revision, status.totalKey], [kv.revision, pairCount]);

    await using etcd = new RealEtcd("m1", `${directory}/real.etcd`);
    // deno-fmt-ignore
    await output("etcdctl", "snapshot", "restore", file, "--data-dir", etcd.dataDir, "--name", etcd.name,
    "--initial-cluster", etcd.initialCluster, "--initial-advertise-peer-urls", etcd.peerUrl);
    await etcd.start();

    const compacted = kv.compactRevision;
    for (const revision of [0, compacted + 1, kv.revision - 1]) {
      assert.equal((await etcd.hashKv(revision)).hash, (kv.hashKv(revision) as { hash: number }).hash);
    }
    for (const revision of [compacted, compacted + 100, kv.revision]) {
      const ours = kv.range(rangeRequest({ key: utf8("\0"), rangeEnd: utf8("\0"), revision })) as {
        count: number;
      };
      const real = await etcd.call("kv/range", {
        key: "AA==",
        range_end: "AA==",
        revision,
        count_only: true,
      });
      assert.equal(Number(real.count), ours.count, `at ${revision}`);
    }
    for (const { id, grantedTtl } of kv.leases()) {
      const ID = BigInt.asIntN(64, BigInt(`0x${id}`)).toString();
      const lease = await etcd.call("lease/timetolive", { ID, keys: true });
      assert.equal(lease.grantedTTL, String(grantedTtl));
      assert.equal((lease.keys as unknown[] | undefined ?? []).length, kv.leaseKeys(id).length);
    }

    // bbolt writes on in a file of ours: its own check, which `status` runs, finds every page in its place.
    for (let i = 0; i < 20; i++) {
      await etcd.call("kv/put", { key: base64(`key/${i}`), value: base64("y".repeat(3000)) });
    }
    await etcd.call("kv/deleterange", { key: base64("key/1"), range_end: base64("key/2") });
    await etcd.ctl("compaction", String(kv.revision), "--physical");
    const later = `${directory}/later.db`;
    await etcd.ctl("snapshot", "save", later);
    assert.equal(
      JSON.parse(await output("etcdctl", "snapshot", "status", later, "-w", "json")).revision,
      kv.revision + 21,
    );
    const back = sound(readSnapshotFile(await Deno.readFile(later), { skipHashCheck: false }));
    assert.equal((back.kv.hashKv() as { hash: number }).hash, (await etcd.hashKv()).hash);
  },
);
