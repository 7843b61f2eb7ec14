// What gRPC and the JSON gateway share: the calls of etcd's API with a member behind them, and the answers that need no
// asking. (v3rpc/interceptor.go)

import { ETCD_ERRORS, type EtcdError, type GrpcCode } from "../../core/base/etcd_error.ts";
import { ETCD_CALLS, type EtcdCall } from "../../core/etcd/calls.ts";
import { refusalAtLearner } from "../../core/etcd/services.ts";
import type { MemberDriver } from "../../core/member/driver.ts";
import type { ClientRequest } from "../../core/member/io.ts";
import type { Member } from "../../core/member/member.ts";
import type { CallSink, OpenCall } from "../../core/wire/rpc.ts";
import type { GrpcTally } from "./grpc_tally.ts";
import { snapshotCall } from "./snapshot_stream.ts";

export class ApiHost {
  readonly driver: MemberDriver;
  readonly tally: GrpcTally;
  /** All calls that last, by path. */
  readonly calls: ReadonlyMap<string, EtcdCall>;
  readonly #member: Pick<Member, "leader" | "isLearner" | "machine">;

  constructor(
    parts: {
      readonly driver: MemberDriver;
      readonly member: Pick<Member, "leader" | "isLearner" | "machine">;
      readonly tally: GrpcTally;
    },
  ) {
    this.driver = parts.driver;
    this.tally = parts.tally;
    this.#member = parts.member;
    const snapshot = snapshotCall(() => this.#member.machine);
    this.calls = new Map([...ETCD_CALLS, [snapshot.path, snapshot]]);
  }

  /** Why a request is not even asked, or null. */
  refusal(request: ClientRequest, requireLeader: boolean): EtcdError | null {
    const atLearner = this.#member.isLearner ? refusalAtLearner(request) : null;
    return atLearner ?? this.#refusalWithoutLeader(requireLeader);
  }

  /** Opens a call that lasts, or says why not. */
  open(call: EtcdCall, sink: CallSink, requireLeader: boolean): OpenCall | EtcdError {
    if (this.#member.isLearner) return ETCD_ERRORS.notSupportedForLearner;
    return this.#refusalWithoutLeader(requireLeader) ??
      call.open({ member: this.driver, requireLeader }, sink);
  }

  onDone(path: string, code: GrpcCode): void {
    this.tally.add(path, code);
  }

  #refusalWithoutLeader(requireLeader: boolean): EtcdError | null {
    return requireLeader && this.#member.leader === null ? ETCD_ERRORS.noLeader : null;
  }
}

/** Whether a client wants no answer from a member without a leader. */
export function requiresLeader(metadata: ReadonlyMap<string, string>): boolean {
  return metadata.get("hasleader") === "true";
}
