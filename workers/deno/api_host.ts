// What gRPC and the JSON gateway share: the calls of etcd's API with a member behind them, and the answers that need no
// asking. (v3rpc/interceptor.go)

import { ETCD_ERRORS, type EtcdError, type GrpcCode } from "../../core/base/etcd_error.ts";
import type { Credentials } from "../../core/auth/requests.ts";
import { isPasswordRequest, type PasswordRequest } from "../../core/etcd/auth_services.ts";
import { ETCD_CALLS, type EtcdCall, inTheNameOf } from "../../core/etcd/calls.ts";
import { refusalAtLearner } from "../../core/etcd/services.ts";
import type { MemberDriver } from "../../core/member/driver.ts";
import type { ClientRequest, ClientResponse } from "../../core/member/io.ts";
import type { Member } from "../../core/member/member.ts";
import type { CallSink, OpenCall } from "../../core/wire/rpc.ts";
import type { GrpcTally } from "./grpc_tally.ts";
import { PasswordDesk } from "./password_desk.ts";
import { snapshotCall } from "./snapshot_stream.ts";

export class ApiHost {
  readonly driver: MemberDriver;
  readonly tally: GrpcTally;
  /** All calls that last, by path. */
  readonly calls: ReadonlyMap<string, EtcdCall>;
  readonly #member: Pick<Member, "leader" | "isLearner" | "machine">;
  readonly #passwords: PasswordDesk;

  constructor(
    parts: {
      readonly driver: MemberDriver;
      readonly member: Pick<Member, "leader" | "isLearner" | "machine">;
      readonly tally: GrpcTally;
      readonly bcryptCost: number;
    },
  ) {
    this.driver = parts.driver;
    this.#passwords = new PasswordDesk(parts.driver, parts.bcryptCost);
    this.tally = parts.tally;
    this.#member = parts.member;
    const snapshot = snapshotCall(() => this.#member.machine);
    this.calls = new Map([...ETCD_CALLS, [snapshot.path, snapshot]]);
  }

  /** Asks the member. @returns what to call when the client has gone. */
  ask(
    request: ClientRequest | PasswordRequest,
    asker: Asker,
    onAnswer: (answer: ClientResponse) => void,
  ): () => void {
    if (isPasswordRequest(request)) return this.#passwords.ask(request, asker.credentials, onAnswer);
    const requestId = this.driver.request(request, onAnswer, asker.credentials);
    return () => this.driver.cancel(requestId);
  }

  /** Why a request is not even asked, or null. */
  refusal(request: ClientRequest | PasswordRequest, { requireLeader }: Asker): EtcdError | null {
    const atLearner = this.#member.isLearner ? refusalAtLearner(request) : null;
    return atLearner ?? this.#refusalWithoutLeader(requireLeader);
  }

  /** Opens a call that lasts, or says why not. */
  open(call: EtcdCall, sink: CallSink, { requireLeader, credentials }: Asker): OpenCall | EtcdError {
    if (this.#member.isLearner) return ETCD_ERRORS.notSupportedForLearner;
    return this.#refusalWithoutLeader(requireLeader) ??
      call.open({ member: inTheNameOf(this.driver, credentials), requireLeader }, sink);
  }

  onDone(path: string, code: GrpcCode): void {
    this.tally.add(path, code);
  }

  #refusalWithoutLeader(requireLeader: boolean): EtcdError | null {
    return requireLeader && this.#member.leader === null ? ETCD_ERRORS.noLeader : null;
  }
}

/** What a client says of itself and of what it wants, beside its request. */
export interface Asker {
  /** It wants no answer from a member without a leader. (metadata "hasleader": "true") */
  readonly requireLeader: boolean;
  readonly credentials: Credentials | undefined;
}

/**
 * @param token of the metadata "token", or of the header Authorization.
 * @param commonName of the client's certificate, where the host asks for one and has verified it.
 */
export function asker(
  { hasLeader, token, commonName }: {
    readonly hasLeader: string | undefined;
    readonly token: string | undefined;
    readonly commonName: string | null;
  },
): Asker {
  const requireLeader = hasLeader === "true";
  if (token !== undefined) return { requireLeader, credentials: { kind: "token", token } };
  return {
    requireLeader,
    credentials: commonName === null ? undefined : { kind: "commonName", name: commonName },
  };
}

export function askerOf(metadata: ReadonlyMap<string, string>, commonName: string | null): Asker {
  const token = metadata.get("token") ?? metadata.get("authorization");
  return asker({ hasLeader: metadata.get("hasleader"), token, commonName });
}
