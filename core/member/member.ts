// A member: Raft, its log on disk, the state the log builds, and the clients it serves, as one synchronous machine.
// Inputs go in, outputs come out, both plain data; whoever holds the inputs can replay the member exactly.
//
//   receive, written ─▶ Consensus ──applied──▶ Service ─▶ respond
//   request, say, talk ─▶ Service ──proposed──▶ Consensus ─▶ write, send
//   tick ─▶ both

import type { DiskImage, DiskOp } from "../base/disk.ts";
import type { EtcdError } from "../base/etcd_error.ts";
import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { RangeRequest, RangeResponse } from "../kv/requests.ts";
import type { Entry } from "../raft/types.ts";
import { recover as recoverWal } from "../wal/wal_reader.ts";
import { WalWriter } from "../wal/wal_writer.ts";
import { bootstrapLog } from "./bootstrap.ts";
import { Consensus, type ConsensusState, type RecoveredLog } from "./consensus.ts";
import type { Input, Output } from "./io.ts";
import { kvHashOf, viewOf } from "./member_view.ts";
import type { MemberOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { Service, type ServiceState } from "./service.ts";
import { StateMachine } from "./state_machine.ts";
import type { MemberView } from "./view.ts";

export { CLUSTER_VERSION, ETCD_VERSION } from "./service.ts";

export type Recovery =
  | { readonly kind: "running"; readonly member: Member; readonly outputs: readonly Output[] }
  /** This disk must not be used; `says` what is wrong in one line, `remedy` what to do. */
  | { readonly kind: "refused"; readonly says: string; readonly remedy: string };

export interface MemberState {
  readonly consensus: ConsensusState;
  readonly service: ServiceState;
  readonly recovered: MemberView["recovered"];
}

interface Halves {
  readonly outbox: Outbox;
  readonly consensus: Consensus;
  readonly service: Service;
  readonly recovered: MemberView["recovered"];
}

export class Member {
  readonly id: MemberId;
  readonly #options: MemberOptions;
  readonly #outbox: Outbox;
  readonly #consensus: Consensus;
  readonly #service: Service;
  readonly #recovered: MemberView["recovered"];

  /**
   * Turns a disk into a member: a log is read and replayed, an empty disk is bootstrapped.
   * The outputs hold the first write; feed `written` back as for any other.
   */
  static recover(options: MemberOptions, image: DiskImage): Recovery {
    const identity = { clusterId: options.clusterId, memberId: options.id };
    const { segmentBytesMax } = options;
    const verdict = recoverWal(image, { segmentBytesMax, identity });
    switch (verdict.kind) {
      case "empty": {
        const { writer, ops } = WalWriter.create(identity, { segmentBytesMax });
        const log: RecoveredLog = { ...bootstrapLog(options.bootstrap), snapshot: null };
        const firstOps = [...verdict.repairs, ...ops, ...writer.append(log)];
        return Member.#start(options, { wal: writer, log }, firstOps, {
          entryCount: 0,
          tornBytes: verdict.tornBytes,
        });
      }
      case "recovered": {
        const { writer, repairs, hardState, entries, snapshot, tornBytes } = verdict;
        if (snapshot && StateMachine.decode(snapshot.data, snapshot.meta.index) === null) {
          return {
            kind: "refused",
            says:
              `the snapshot at index ${snapshot.meta.index} is whole, but is not a state this version can read`,
            remedy:
              "start the version that wrote it, or remove this member and add it again with an empty disk",
          };
        }
        const from = { wal: writer, log: { hardState, entries, snapshot } };
        return Member.#start(options, from, repairs, { entryCount: entries.length, tornBytes });
      }
      case "rotten":
        return { kind: "refused", says: verdict.says, remedy: verdict.remedy };
      case "foreign":
        return {
          kind: "refused",
          says: verdict.says,
          remedy: "Give this member its own data directory, or an empty one.",
        };
      case "unknownVersion":
        return {
          kind: "refused",
          says: verdict.says,
          remedy: "Start the version of Flotilla that wrote it.",
        };
    }
  }

  static #start(
    options: MemberOptions,
    from: { wal: WalWriter; log: RecoveredLog },
    firstOps: readonly DiskOp[],
    found: { readonly entryCount: number; readonly tornBytes: number },
  ): Recovery {
    const { hardState, snapshot } = from.log;
    const snapshotIndex = snapshot?.meta.index ?? 0;
    const outbox = new Outbox(options.trace);
    const consensus = new Consensus(options, outbox, from);
    const service = new Service(options, outbox, consensus);
    const member = new Member(options, {
      outbox,
      consensus,
      service,
      recovered: { snapshotIndex, ...found },
    });
    outbox.trace({ kind: "recovered", snapshotIndex, term: hardState.term, ...found });
    consensus.begin(firstOps);
    member.#advance();
    return { kind: "running", member, outputs: outbox.take() };
  }

  /** @param options those of the captured member. */
  static restore(options: MemberOptions, state: MemberState): Member {
    const outbox = new Outbox(options.trace);
    const consensus = Consensus.restore(options, outbox, state.consensus);
    const service = new Service(options, outbox, consensus, state.service);
    // What the halves said while they were made is no part of the run.
    outbox.take();
    return new Member(options, { outbox, consensus, service, recovered: state.recovered });
  }

  private constructor(options: MemberOptions, { outbox, consensus, service, recovered }: Halves) {
    this.id = options.id;
    this.#options = options;
    this.#outbox = outbox;
    this.#consensus = consensus;
    this.#service = service;
    this.#recovered = recovered;
    consensus.listen(service);
  }

  /** Everything this member is, as plain data: with the same inputs, `restore` goes on exactly as it would have. */
  capture(): MemberState {
    return {
      consensus: this.#consensus.capture(),
      service: this.#service.capture(),
      recovered: this.#recovered,
    };
  }

  /** Takes the inputs in order, as one step: proposals among them share an append, and all of them share a write. */
  handle(inputs: readonly Input[]): readonly Output[] {
    for (const input of inputs) this.#take(input);
    this.#consensus.propose();
    this.#advance();
    return this.#outbox.take();
  }

  #take(input: Input): void {
    switch (input.kind) {
      case "tick":
        this.#consensus.tick();
        return this.#service.tick();
      case "receive":
        return this.#consensus.receive(input.message);
      case "written":
        return this.#consensus.onWritten(input.writeId);
      case "request":
        return this.#service.request(input.requestId, input.request, input.credentials ?? null);
      case "say":
        return this.#service.say(input.requestId, input.message);
      case "taken":
        return this.#service.taken(input.requestId, input.count);
      case "cancel":
        return this.#service.cancel(input.requestId);
      case "talk":
        return this.#service.talk(input.talk);
      case "unreachable":
        return this.#consensus.raft.reportUnreachable(input.peer);
      case "snapshotSent":
        return this.#consensus.onSnapshotSent(input.peer, input.ok);
    }
  }

  #advance(): void {
    if (this.#consensus.recovering) return;
    this.#service.askForReads();
    this.#consensus.advance();
    this.#service.serve();
  }

  // --- Looking in ----------------------------------------------------------------------------------------------

  get term(): Term {
    return this.#consensus.raft.term;
  }

  get vote(): MemberId | null {
    return this.#consensus.raft.vote;
  }

  get leads(): boolean {
    return this.#consensus.leads;
  }

  /** Who leads, as far as this member knows. */
  get leader(): MemberId | null {
    return this.#consensus.raft.leader;
  }

  get isLearner(): boolean {
    return this.#consensus.machine.members.get(this.id)?.isLearner ?? false;
  }

  /** Whether this id has left the cluster for good, as far as this member's log says. */
  isRemoved(id: MemberId): boolean {
    return this.#consensus.machine.members.isRemoved(id);
  }

  get commit(): LogIndex {
    return this.#consensus.raft.commit;
  }

  get applied(): LogIndex {
    return this.#consensus.machine.applied;
  }

  get firstIndex(): LogIndex {
    return this.#consensus.raft.firstIndex;
  }

  get lastIndex(): LogIndex {
    return this.#consensus.raft.lastIndex;
  }

  /** Null when the entry is compacted away or beyond the end of the log. */
  termAt(index: LogIndex): Term | null {
    return this.#consensus.raft.termAt(index);
  }

  /** An entry of the log in memory: `firstIndex` to `lastIndex`. */
  entryAt(index: LogIndex): Entry {
    return this.#consensus.raft.entries(index, index)[0]!;
  }

  /** Reads this member's own state, however old it is: for checkers. Clients ask by `request`. */
  read(request: RangeRequest): RangeResponse | EtcdError {
    return this.#consensus.machine.kv.range(request);
  }

  /** The state itself, for checkers: they must change nothing. Another object after a snapshot was installed. */
  get machine(): StateMachine {
    return this.#consensus.machine;
  }

  /** Hash of all keys at the current revision, 8 hex digits; equal on members that are equal. */
  get kvHash(): string {
    return kvHashOf(this.#consensus.machine);
  }

  /**
   * A picture of this member now. Costs a walk over the newest entries; hashes of the keys are kept while equal.
   * @param hashed false leaves `kvHash` empty: with many keys that is most of the cost.
   */
  view({ hashed = true }: { readonly hashed?: boolean } = {}): MemberView {
    return viewOf({
      hashed,
      options: this.#options,
      raft: this.#consensus.raft,
      machine: this.#consensus.machine,
      heardTicksAgo: (peer) => this.#consensus.heardTicksAgo(peer),
      snapshotIndex: this.#consensus.latestSnapshotIndex,
      recovered: this.#recovered,
      written: this.#consensus.written,
      writeInFlight: this.#consensus.writeInFlight,
    });
  }
}
