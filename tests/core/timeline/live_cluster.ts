// A cluster as a tab hosts it, in virtual time: members behind recorders, pages of their journals taken now and then,
// as reports are. What a test knows of a moment it reads from the members themselves, so that the journal can be held
// against it.

import { concatBytes } from "../../../core/base/bytes.ts";
import { Heap } from "../../../core/base/heap.ts";
import type { MemberId } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import { MemberDriver } from "../../../core/member/driver.ts";
import type { ClientRequest, MemberInfo } from "../../../core/member/io.ts";
import { Member } from "../../../core/member/member.ts";
import { ETCD_RULES, MEMBER_DEFAULTS, TEACHING_TIMING } from "../../../core/member/options.ts";
import { MemberJournal, MemberRecorder } from "../../../core/member/replay.ts";
import { clusterOf, initialMembers } from "../../../core/sim/cluster_plan.ts";

export interface LiveMember {
  readonly info: MemberInfo;
  readonly member: Member;
  readonly driver: MemberDriver;
  readonly recorder: MemberRecorder;
  readonly journal: MemberJournal;
  readonly files: Map<string, Uint8Array[]>;
}

/** A frame between being sent and landing. */
export interface Flying {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly frame: Uint8Array;
  readonly number: number;
  readonly deliverAtMs: number;
}

interface Planned {
  readonly atMs: number;
  readonly order: number;
  readonly act: () => void;
}

export class LiveCluster {
  nowMs = 0;
  readonly members = new Map<MemberId, LiveMember>();
  readonly flying = new Set<Flying>();
  readonly #prng = new Prng(42);
  readonly #planned = new Heap<Planned>((a, b) =>
    a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
  );
  #order = 0;

  constructor(size: number, stepsMax?: number) {
    const infos = initialMembers(size);
    for (const [place, info] of infos.entries()) this.#start(info, infos, place, stepsMax);
  }

  runTo(ms: number): void {
    for (
      let next = this.#planned.peek();
      next !== undefined && next.atMs <= ms;
      next = this.#planned.peek()
    ) {
      this.#planned.pop();
      this.nowMs = next.atMs;
      next.act();
    }
    this.nowMs = ms;
    this.report();
  }

  /** Pages travel to the journals. */
  report(): void {
    for (const { recorder, journal } of this.members.values()) {
      // As a message port would: nothing is shared with the member any more.
      journal.add(structuredClone(recorder.take()));
    }
  }

  leader(): LiveMember | null {
    return [...this.members.values()].find(({ member }) => member.leads) ?? null;
  }

  ask(request: ClientRequest): void {
    this.leader()?.driver.request(request, () => {});
  }

  #at(atMs: number, act: () => void): void {
    this.#planned.push({ atMs, order: this.#order++, act });
  }

  #start(info: MemberInfo, infos: readonly MemberInfo[], place: number, stepsMax: number | undefined): void {
    const options = {
      ...MEMBER_DEFAULTS,
      id: info.id,
      clusterId: clusterOf(infos),
      name: info.name,
      clientUrls: info.clientUrls,
      bootstrap: { kind: "new" as const, members: infos },
      timing: TEACHING_TIMING,
      rules: ETCD_RULES,
      seed: 7 + place,
      startId: 1_000 + place,
      snapshotCount: 1_000,
      catchUpEntries: 500,
      segmentBytesMax: 64 * 1024,
      trace: true,
    };
    const recovery = Member.recover(options, new Map());
    if (recovery.kind === "refused") throw new Error(recovery.says);
    const { member, outputs } = recovery;
    const recorder = new MemberRecorder(member, () => this.nowMs, outputs);
    const journal = new MemberJournal({ options, image: new Map(), atMs: this.nowMs }, stepsMax);
    const files = new Map<string, Uint8Array[]>();
    let sentCount = 0;
    const driver = new MemberDriver({
      member: recorder,
      disk: {
        write: (write, onWritten) =>
          this.#at(this.nowMs + 0.2, () => {
            for (const op of write.ops) {
              if (op.kind === "append") files.set(op.file, [...files.get(op.file) ?? [], op.bytes]);
              else if (op.kind === "replace") files.set(op.file, [op.bytes]);
              else if (op.kind === "remove") files.delete(op.file);
              else files.set(op.file, [concatBytes(files.get(op.file) ?? []).slice(0, op.sizeBytes)]);
            }
            onWritten();
          }),
        close: () => {},
      },
      network: {
        send: (to, frame) => {
          const deliverAtMs = this.nowMs + this.#prng.between(9, 15) + 0.25;
          const flying = { from: info.id, to, frame, number: ++sentCount, deliverAtMs };
          this.flying.add(flying);
          this.#at(deliverAtMs, () => {
            this.flying.delete(flying);
            this.members.get(to)?.driver.deliver(frame);
          });
        },
        setRoster: () => {},
        close: () => {},
      },
      schedule: (flush) => this.#at(this.nowMs, flush),
      onTrace: () => {},
      onStopped: (reason) => {
        throw new Error(reason.kind);
      },
    }, outputs);
    this.members.set(info.id, { info, member, driver, recorder, journal, files });
    const tick = (): void => {
      driver.tick();
      this.#at(this.nowMs + TEACHING_TIMING.tickMs, tick);
    };
    this.#at(1 + place * 7.5, tick);
  }
}
