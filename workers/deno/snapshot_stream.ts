// Maintenance.Snapshot: the member's state as an etcd database file, hash behind it, in pieces. Laying the file out and
// reading it both take turns with everything else the process does: a member must not miss its heartbeats because
// somebody takes a backup. (v3rpc/maintenance.go)

import { setImmediate } from "node:timers";
import { planSnapshotFile } from "../../core/backend/mod.ts";
import { isEtcdError, otherError } from "../../core/base/etcd_error.ts";
import type { EtcdCall, MemberCall } from "../../core/etcd/calls.ts";
import type { StateMachine } from "../../core/member/state_machine.ts";
import { Maintenance, type SnapshotResponse } from "../../core/wire/gen/rpc_pb.ts";
import { call, type Reply } from "../../core/wire/rpc.ts";

/** Pieces that may be on their way to the client at once: 512 KiB. */
const UNTAKEN_COUNT_MAX = 16;

type Piece = Pick<SnapshotResponse, "blob" | "remainingBytes">;

/** @param machine the state as it is when asked: a snapshot from the leader replaces it. */
export function snapshotCall(machine: () => StateMachine): EtcdCall {
  return call(Maintenance.method.snapshot, ({ member }: MemberCall, reply: Reply<Piece>) => {
    let asked: number | null = null;
    let sender: SnapshotSender | null = null;
    return {
      take: () => {
        // All keys leave by this door.
        asked ??= member.request({ kind: "mayAdminister" }, (answer) => {
          if (isEtcdError(answer)) reply.end(answer);
          else sender = new SnapshotSender(machine(), reply);
        });
      },
      halfClose: () => {},
      cancel: () => {
        if (asked !== null) member.cancel(asked);
        sender?.stop();
      },
      taken: (count) => sender?.taken(count),
    };
  });
}

class SnapshotSender {
  readonly #reply: Reply<Piece>;
  #chunks: Iterator<Uint8Array> | null = null;
  #remainingBytes = 0;
  #untakenCount = 0;
  #isScheduled = false;
  #isOver = false;

  constructor(machine: StateMachine, reply: Reply<Piece>) {
    this.#reply = reply;
    const plan = planSnapshotFile(machine);
    const layOut = () => {
      if (this.#isOver) return;
      const step = plan.next();
      if (!step.done) return void setImmediate(() => this.#guard(layOut));
      this.#chunks = step.value.chunks()[Symbol.iterator]();
      this.#remainingBytes = step.value.sizeBytes;
      this.#schedule();
    };
    this.#guard(layOut);
  }

  taken(count: number): void {
    this.#untakenCount -= count;
    this.#schedule();
  }

  stop(): void {
    this.#isOver = true;
    this.#chunks = null;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isOver || this.#untakenCount >= UNTAKEN_COUNT_MAX) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#guard(() => this.#sendOne());
    });
  }

  #sendOne(): void {
    if (this.#isOver) return;
    const next = this.#chunks!.next();
    if (next.done) {
      this.stop();
      return this.#reply.end(null);
    }
    this.#remainingBytes -= next.value.length;
    this.#untakenCount += 1;
    this.#reply.send({ blob: next.value, remainingBytes: BigInt(this.#remainingBytes) });
    this.#schedule();
  }

  /** A fault of ours in writing a backup costs the backup, not the member. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.stop();
      this.#reply.end(otherError(`etcdserver: snapshot failed: ${(error as Error).message}`, "internal"));
    }
  }
}
