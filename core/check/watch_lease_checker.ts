// Holds what watchers and lessees were told against what the members' stores really went through. The truth is taken
// from the first member that applies a revision; that the others agree with it is another checker's business.

import { toHex } from "../base/bytes.ts";
import { clonePlain } from "../base/clone.ts";
import type { LogIndex, MemberId, Revision } from "../base/ids.ts";
import type { KvEvent, LeaseId } from "../kv/requests.ts";
import type { WatchResult } from "../member/io.ts";
import type { ClusterSim, SimObserver } from "../sim/cluster_sim.ts";
import type { SessionListener, Watching } from "../sim/sessions.ts";
import { Violation } from "./violation.ts";

/** What one revision changed, as text that can be compared: "put 6b30=31". */
interface Truth {
  readonly kind: KvEvent["kind"];
  readonly key: Uint8Array;
  readonly text: string;
}

interface Tracked {
  readonly id: LeaseId;
  /** Until when it was promised, by the fastest clock there may be; null while nothing was. */
  promisedUntilMs: number | null;
  /** Its lessee has asked to revoke it: nothing is promised any more. */
  isRevoked: boolean;
  /** Where some member had the lease when it was first seen; null until then. */
  seenAtIndex: LogIndex | null;
}

export interface WatchLeaseCheckerState {
  readonly truth: readonly (readonly [Revision, readonly Truth[]])[];
  readonly knownRevision: Revision;
  readonly unknownUpTo: Revision;
  readonly compactedAt: readonly Revision[];
  readonly leases: readonly Tracked[];
  readonly toldCount: number;
}

export class WatchLeaseChecker implements SimObserver, SessionListener {
  #sim: ClusterSim | null = null;
  #truth = new Map<Revision, readonly Truth[]>();
  /** The newest revision whose changes are known. */
  #knownRevision: Revision = 1;
  /** Compaction was faster than this checker: nothing is known of this revision and before. */
  #unknownUpTo: Revision = 0;
  /**
   * Where history was ever cut. A watch may begin there, but a deletion at that very revision is gone: etcd 3.4 forgets
   * it as well. Deletions there may be told or not.
   */
  #compactedAt = new Set<Revision>();
  #leases: Tracked[] = [];
  #toldCount = 0;

  constructor(from?: WatchLeaseCheckerState) {
    if (!from) return;
    const { truth, leases } = clonePlain(from);
    this.#truth = new Map(truth);
    this.#leases = [...leases];
    this.#knownRevision = from.knownRevision;
    this.#unknownUpTo = from.unknownUpTo;
    this.#compactedAt = new Set(from.compactedAt);
    this.#toldCount = from.toldCount;
  }

  capture(): WatchLeaseCheckerState {
    return clonePlain({
      truth: [...this.#truth],
      knownRevision: this.#knownRevision,
      unknownUpTo: this.#unknownUpTo,
      compactedAt: [...this.#compactedAt],
      leases: this.#leases,
      toldCount: this.#toldCount,
    });
  }

  /** Responses with events, or of progress, that were held against the truth. */
  get toldCount(): number {
    return this.#toldCount;
  }

  attach(sim: ClusterSim): void {
    this.#sim = sim;
  }

  afterStep(sim: ClusterSim, id: MemberId): void {
    const member = sim.member(id).member;
    if (!member) return;
    this.#learn(id);
    const { kv, applied } = member.machine;
    this.#leases = this.#leases.filter((tracked) => {
      if (kv.lease(tracked.id)) tracked.seenAtIndex ??= applied;
      else if (tracked.seenAtIndex !== null && applied >= tracked.seenAtIndex) {
        this.#checkKept(tracked, `ended on ${sim.member(id).info.name}`);
        return false;
      }
      return true;
    });
  }

  onTold(watching: Readonly<Watching>, { events, revision }: WatchResult): void {
    this.#learn(watching.member!);
    const upTo = events.at(-1)?.kv.modRevision ?? revision;
    this.#toldCount += 1;
    if (events.length > 0 && events[0]!.kv.modRevision < watching.next) {
      fail(
        "watchTellsAll",
        watching,
        `told of ${events[0]!.kv.modRevision} again, after ${watching.next - 1}`,
      );
    }
    const from = Math.max(watching.next, this.#unknownUpTo + 1);
    const told = events
      .filter(({ kind, kv }) => kv.modRevision >= from && !this.#mayBeGone(kind, kv.modRevision))
      .map(textOf);
    const expected = this.#expected(watching, from, upTo);
    if (told.join() !== expected.join()) {
      fail("watchTellsAll", watching, `told [${told}] for revisions ${from} to ${upTo}, not [${expected}]`);
    }
    for (const { kv, prevKv } of events) {
      if (prevKv && (prevKv.modRevision >= kv.modRevision || toHex(prevKv.key) !== toHex(kv.key))) {
        fail("watchTellsAll", watching, `told that ${prevKv.modRevision} came before ${kv.modRevision}`);
      }
    }
  }

  onLeaseBegun(id: LeaseId): void {
    this.#leases.push({ id, promisedUntilMs: null, isRevoked: false, seenAtIndex: null });
  }

  onLeasePromised(id: LeaseId, { ttl, askedAtMs }: { ttl: number; askedAtMs: number }): void {
    const { timing, clockDriftPerMille } = this.#sim!.plan;
    const fastestTickMs = timing.tickMs - Math.floor((timing.tickMs * clockDriftPerMille) / 1000);
    const untilMs = askedAtMs + (ttl * 1000 * fastestTickMs) / timing.tickMs;
    const tracked = this.#leases.find((one) => one.id === id);
    if (tracked) tracked.promisedUntilMs = Math.max(untilMs, tracked.promisedUntilMs ?? 0);
    else if (this.#sim!.nowMs < untilMs) {
      const message = `lease ${id} ended ${untilMs - this.#sim!.nowMs} ms before what is promised now`;
      throw new Violation("leaseKept", [], message);
    }
  }

  onLeaseRevoked(id: LeaseId): void {
    const tracked = this.#leases.find((one) => one.id === id);
    if (tracked) tracked.isRevoked = true;
  }

  onLeaseDenied(id: LeaseId): void {
    const tracked = this.#leases.find((one) => one.id === id);
    if (tracked) this.#checkKept(tracked, "was said to have ended");
  }

  /** To be asked when the cluster has rested for longer than any lease lives. */
  checkAtRest(sim: ClusterSim, watchings: readonly Readonly<Watching>[]): void {
    const leader = sim.member(sim.leader()!).member!.machine;
    for (const watching of watchings) {
      if (watching.next === 0) fail("watchTellsAll", watching, "no stream was ever made");
      const missed = this.#expected(
        watching,
        Math.max(watching.next, this.#unknownUpTo + 1),
        leader.kv.revision,
      );
      if (missed.length > 0) fail("watchTellsAll", watching, `never told of [${missed}]`);
    }
    for (const id of sim.ids) {
      const { kv } = sim.member(id).member?.machine ?? leader;
      const left = kv.leases().map((lease) => lease.id);
      if (left.length > 0) throw new Violation("leaseEnds", [id], `leases ${left} live on in calm waters`);
    }
  }

  #checkKept({ id, promisedUntilMs, isRevoked }: Tracked, what: string): void {
    const { nowMs } = this.#sim!;
    if (isRevoked || promisedUntilMs === null || nowMs >= promisedUntilMs) return;
    throw new Violation("leaseKept", [], `lease ${id} ${what} ${promisedUntilMs - nowMs} ms too early`);
  }

  #learn(id: MemberId): void {
    const { kv } = this.#sim!.member(id).member!.machine;
    this.#compactedAt.add(kv.compactRevision);
    if (kv.revision <= this.#knownRevision) return;
    if (kv.compactRevision > this.#knownRevision) {
      this.#unknownUpTo = kv.compactRevision;
      this.#knownRevision = kv.compactRevision;
    }
    for (const { revision, events } of kv.changesSince(this.#knownRevision + 1)) {
      this.#truth.set(
        revision,
        events.map((event) => ({ kind: event.kind, key: event.kv.key, text: textOf(event) })),
      );
    }
    this.#knownRevision = kv.revision;
  }

  #mayBeGone(kind: KvEvent["kind"], revision: Revision): boolean {
    return kind === "delete" && this.#compactedAt.has(revision);
  }

  #expected({ key }: Readonly<Watching>, from: Revision, to: Revision): readonly string[] {
    const found: string[] = [];
    for (let revision = from; revision <= to; revision++) {
      for (const change of this.#truth.get(revision) ?? []) {
        if (this.#mayBeGone(change.kind, revision)) continue;
        if (key.length === 0 || toHex(change.key) === toHex(key)) found.push(change.text);
      }
    }
    return found;
  }
}

function textOf({ kind, kv }: KvEvent): string {
  return `${kv.modRevision} ${kind} ${toHex(kv.key)}=${toHex(kv.value)}`;
}

function fail(invariant: "watchTellsAll", { member }: Readonly<Watching>, message: string): never {
  throw new Violation(invariant, member === null ? [] : [member], message);
}
