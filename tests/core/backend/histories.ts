// State machines with a past, for tests of etcd's files: overwritten and deleted keys, several changes in one
// revision, leases with and without keys, large values, members that came and went, an alarm, a compaction.

import { utf8 } from "../../../core/base/bytes.ts";
import { isEtcdError } from "../../../core/base/etcd_error.ts";
import { memberIdOf } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import { deleteRangeRequest, type KvWriteRequest, putRequest, txnRequest } from "../../../core/kv/mod.ts";
import { StateMachine } from "../../../core/member/state_machine.ts";

export interface HistoryOptions {
  readonly seed: number;
  readonly stepCount: number;
  /** Changes before the compaction, as a share of all; null for none. */
  readonly compactAtPerMille: number | null;
}

export function historyOf({ seed, stepCount, compactAtPerMille }: HistoryOptions): StateMachine {
  const prng = new Prng(seed);
  const machine = new StateMachine();
  const apply = (request: Parameters<StateMachine["applyRequest"]>[1]) =>
    machine.applyRequest(machine.applied + 1, request).answer;
  for (const i of [1, 2, 3]) {
    const member = {
      id: memberIdOf(i),
      name: `infra${i}`,
      peerUrls: [`http://10.0.0.${i}:2380`],
      clientUrls: [`http://10.0.0.${i}:2379`],
      isLearner: i === 3,
    };
    machine.applyMembership(machine.applied + 1, { kind: "add", member });
  }
  const gone = { id: memberIdOf(9), name: "", peerUrls: ["http://x:1"], clientUrls: [], isLearner: false };
  machine.applyMembership(machine.applied + 1, { kind: "add", member: gone });
  machine.applyMembership(machine.applied + 1, { kind: "remove", id: gone.id });
  apply({ kind: "clusterVersion", version: "3.4.0" });
  for (const id of ["0000000000000007", "70cc7f0000000001", "f000000000000001"]) {
    apply({ kind: "leaseGrant", id, ttl: 600 + prng.below(1000) });
  }
  for (let step = 0; step < stepCount; step++) {
    if (compactAtPerMille !== null && step === Math.floor((stepCount * compactAtPerMille) / 1000)) {
      apply({ kind: "compact", revision: machine.kv.revision - 2, physical: false });
    }
    const answer = apply(anyWrite(prng));
    if (isEtcdError(answer)) throw new Error(answer.message);
  }
  apply(putRequest({ key: utf8("large"), value: new Uint8Array(1_200_000).fill(7) }));
  return machine;
}

function anyWrite(prng: Prng): KvWriteRequest {
  const key = () => utf8(`key/${prng.below(400)}`);
  const value = () => new Uint8Array(prng.below(prng.chance(50) ? 9000 : 120)).fill(prng.below(256));
  const lease = () => (prng.chance(100) ? "70cc7f0000000001" : prng.chance(20) ? "f000000000000001" : "");
  const put = () => putRequest({ key: key(), value: value(), lease: lease() });
  switch (prng.below(10)) {
    case 0:
      return deleteRangeRequest({ key: key() });
    case 1:
      return deleteRangeRequest({ key: utf8("key/1"), rangeEnd: utf8("key/11") });
    case 2: {
      // One transaction, several changes, each key once.
      const n = prng.below(300);
      const ops = [0, 1, 2].map((i) => putRequest({ key: utf8(`key/${n + i}`), value: value() }));
      return txnRequest({ success: [...ops, deleteRangeRequest({ key: utf8("key/399") })] });
    }
    default:
      return put();
  }
}
