// Clients that stay: watchers that follow the keys from stream to stream, and lessees that keep a lease alive for a
// while and then let go. Whoever judges what they are told listens (check/watch_lease_checker.ts).

import { EMPTY_BYTES, utf8 } from "../base/bytes.ts";
import { clonePlain } from "../base/clone.ts";
import { isEtcdError } from "../base/etcd_error.ts";
import type { MemberId, Revision } from "../base/ids.ts";
import { Prng, type PrngState } from "../base/prng.ts";
import { FROM_KEY_END, type LeaseId, putRequest } from "../kv/requests.ts";
import type { ClientRequest, ClientResponse, WatchResult } from "../member/io.ts";
import type { ClusterSim, SimObserver } from "./cluster_sim.ts";

export interface SessionPlan {
  readonly watcherCount: number;
  readonly lesseeCount: number;
  /** How long a watcher may take to read a response. */
  readonly readingMsMax: number;
  /** Someone forgets old revisions now and then. */
  readonly compacts: boolean;
}

/** Seconds that leases are granted for. */
export const LEASE_TTL_CHOICES: readonly number[] = [1, 2];
const COMPACT_EVERY_MS = 700;
/** Revisions that a compaction leaves, at most. */
const REVISIONS_LEFT_MAX = 30;
/** Among responses, how many make a watcher change its stream. */
const RESTLESS_PER_MILLE = 30;

export interface Watching {
  /** The key it follows; empty: all keys. */
  readonly key: Uint8Array;
  member: MemberId | null;
  /** The request that opened its stream; null between streams. */
  requestId: number | null;
  /** Its stream has a watch: only then does the stream's progress mean anything. */
  isMade: boolean;
  /** First revision it has still to hear of; 0 until the first stream has told where "now" is. */
  next: Revision;
}

interface Lessee {
  lease: { readonly id: LeaseId; readonly ttl: number } | null;
  keepsLeft: number;
  asked: { readonly requestId: number; readonly what: "grant" | "keep"; readonly atMs: number } | null;
}

/** Hears what sessions were told, before they act on it. */
export interface SessionListener {
  /** A response with events, or a report of progress, to a watch. */
  onTold(watching: Readonly<Watching>, result: WatchResult): void;
  /** A lease will be asked for. */
  onLeaseBegun(id: LeaseId): void;
  /** A grant or keep-alive that was asked for at `askedAtMs` was answered with this many seconds. */
  onLeasePromised(id: LeaseId, promise: { readonly ttl: number; readonly askedAtMs: number }): void;
  /** Its lessee will ask to revoke it. */
  onLeaseRevoked(id: LeaseId): void;
  /** The cluster says that the lease is no more. */
  onLeaseDenied(id: LeaseId): void;
}

export interface SessionsState {
  readonly prng: PrngState;
  readonly watchings: readonly Watching[];
  readonly lessees: readonly Lessee[];
  readonly newestRevision: Revision;
  readonly leaseCount: number;
  readonly active: boolean;
}

export class Sessions implements SimObserver {
  readonly #plan: SessionPlan;
  readonly #prng: Prng;
  readonly #listener: SessionListener;
  #sim: ClusterSim | null = null;
  #watchings: Watching[] = [];
  #lessees: Lessee[] = [];
  #newestRevision: Revision = 0;
  #leaseCount = 0;
  #active = true;

  constructor(
    plan: SessionPlan,
    { seed, listener }: { seed: number; listener: SessionListener },
    from?: SessionsState,
  ) {
    this.#plan = plan;
    this.#listener = listener;
    this.#prng = new Prng(from ? from.prng : seed);
    if (from) {
      const { watchings, lessees } = clonePlain(from);
      this.#watchings = [...watchings];
      this.#lessees = [...lessees];
      this.#newestRevision = from.newestRevision;
      this.#leaseCount = from.leaseCount;
      this.#active = from.active;
      return;
    }
    for (let i = 0; i < plan.watcherCount; i++) {
      const key = this.#prng.chance(500) ? EMPTY_BYTES : utf8("k0");
      this.#watchings.push({ key, member: null, requestId: null, isMade: false, next: 0 });
    }
    for (let i = 0; i < plan.lesseeCount; i++) {
      this.#lessees.push({ lease: null, keepsLeft: 0, asked: null });
    }
  }

  capture(): SessionsState {
    return clonePlain({
      prng: this.#prng.state(),
      watchings: this.#watchings,
      lessees: this.#lessees,
      newestRevision: this.#newestRevision,
      leaseCount: this.#leaseCount,
      active: this.#active,
    });
  }

  get watchings(): readonly Readonly<Watching>[] {
    return this.#watchings;
  }

  get leaseCount(): number {
    return this.#leaseCount;
  }

  attach(sim: ClusterSim, resumed = false): void {
    this.#sim = sim;
    if (resumed) return;
    this.#watchings.forEach((_, i) => this.#later(`watch ${i}`, 300));
    this.#lessees.forEach((_, i) => this.#later(`lease ${i}`, 1_000));
    if (this.#plan.compacts) this.#later("compact", COMPACT_EVERY_MS);
  }

  /** Nothing is leased, kept alive or compacted any more. Watchers go on. */
  stop(): void {
    this.#active = false;
  }

  onPlan(owner: string, what: string): void {
    if (owner !== "sessions") return;
    const [verb, place] = what.split(" ");
    if (verb === "watch") return this.#openStream(this.#watchings[Number(place)]!);
    if (!this.#active) return;
    if (verb === "lease") return this.#goOn(this.#lessees[Number(place)]!);
    this.#compact();
  }

  onResponse(requestId: number, response: ClientResponse, last: boolean): void {
    const watching = this.#watchings.find((one) => one.requestId === requestId);
    if (watching) return this.#onWatch(watching, response, last);
    const lessee = this.#lessees.find((one) => one.asked?.requestId === requestId);
    if (lessee) this.#onLease(lessee, response);
  }

  // --- Watchers ------------------------------------------------------------------------------------------------

  #openStream(watching: Watching): void {
    if (watching.requestId !== null) return;
    watching.member = this.#prng.pick(this.#sim!.ids);
    watching.requestId = this.#ask(watching.member, { kind: "watch", requireLeader: false });
    this.#create(watching);
  }

  #create(watching: Watching): void {
    const { key, member, requestId, next } = watching;
    watching.isMade = false;
    const isAll = key.length === 0;
    const create = {
      key,
      rangeEnd: isAll ? FROM_KEY_END : EMPTY_BYTES,
      startRevision: next,
      watchId: 0,
      prevKv: isAll,
      noPut: false,
      noDelete: false,
      progressNotify: true,
      fragment: false,
    };
    this.#sim!.say(member!, requestId!, { kind: "create", create });
  }

  #onWatch(watching: Watching, response: ClientResponse, last: boolean): void {
    if (isEtcdError(response) || last) return this.#leaveStream(watching);
    const { result } = response;
    if (result.kind !== "watch") return;
    this.#sim!.taken(watching.member!, watching.requestId!, {
      count: 1,
      delayMs: this.#prng.below(this.#plan.readingMsMax + 1),
    });
    this.#newestRevision = Math.max(this.#newestRevision, result.revision);
    if (result.created) {
      watching.isMade = true;
      if (watching.next === 0) watching.next = result.revision + 1;
      return;
    }
    if (result.cancelled) {
      watching.next = Math.max(watching.next, result.compactRevision);
      return this.#create(watching);
    }
    if (!watching.isMade) return;
    this.#listener.onTold(watching, result);
    const told = result.events.at(-1)?.kv.modRevision ?? result.revision;
    watching.next = Math.max(watching.next, told + 1);
    if (!this.#prng.chance(RESTLESS_PER_MILLE)) return;
    if (this.#prng.chance(500)) {
      return this.#sim!.say(watching.member!, watching.requestId!, { kind: "progress" });
    }
    this.#sim!.cancel(watching.member!, watching.requestId!);
    this.#leaveStream(watching);
  }

  #leaveStream(watching: Watching): void {
    watching.requestId = null;
    this.#later(`watch ${this.#watchings.indexOf(watching)}`, 200);
  }

  // --- Lessees -------------------------------------------------------------------------------------------------

  #goOn(lessee: Lessee): void {
    if (lessee.asked) return;
    const { lease } = lessee;
    if (!lease) return this.#begin(lessee);
    if (lessee.keepsLeft > 0) {
      lessee.keepsLeft -= 1;
      return this.#askFor(lessee, "keep", { kind: "leaseKeepAlive", id: lease.id });
    }
    if (this.#prng.chance(300)) {
      this.#listener.onLeaseRevoked(lease.id);
      this.#ask(this.#prng.pick(this.#sim!.ids), { kind: "leaseRevoke", id: lease.id });
    }
    this.#letGo(lessee);
  }

  #begin(lessee: Lessee): void {
    this.#leaseCount += 1;
    const id = this.#leaseCount.toString(16).padStart(16, "0");
    const ttl = this.#prng.pick(LEASE_TTL_CHOICES);
    lessee.lease = { id, ttl };
    lessee.keepsLeft = this.#prng.below(6);
    this.#listener.onLeaseBegun(id);
    this.#askFor(lessee, "grant", { kind: "leaseGrant", id, ttl });
  }

  #letGo(lessee: Lessee): void {
    lessee.lease = null;
    this.#laterOf(lessee, 1_500);
  }

  #askFor(lessee: Lessee, what: "grant" | "keep", request: ClientRequest): void {
    const requestId = this.#ask(this.#prng.pick(this.#sim!.ids), request);
    lessee.asked = { requestId, what, atMs: this.#sim!.nowMs };
  }

  #onLease(lessee: Lessee, response: ClientResponse): void {
    const { what, atMs } = lessee.asked!;
    const { id, ttl } = lessee.lease!;
    lessee.asked = null;
    if (isEtcdError(response)) {
      // A grant that failed may have happened: it is nobody's lease then, and must end like any other.
      return what === "grant" ? this.#letGo(lessee) : this.#laterOf(lessee, ttl * 500);
    }
    const { result } = response;
    if (result.kind === "leaseKeepAlive" && result.ttl === 0) {
      this.#listener.onLeaseDenied(id);
      return this.#letGo(lessee);
    }
    this.#listener.onLeasePromised(id, { ttl, askedAtMs: atMs });
    if (what === "grant") {
      this.#ask(this.#prng.pick(this.#sim!.ids), putRequest({ key: utf8(`lease-${id}`), lease: id }));
    }
    this.#laterOf(lessee, ttl * 700);
  }

  #laterOf(lessee: Lessee, delayMsMax: number): void {
    this.#later(`lease ${this.#lessees.indexOf(lessee)}`, delayMsMax);
  }

  // --- All -----------------------------------------------------------------------------------------------------

  #compact(): void {
    const revision = this.#newestRevision - this.#prng.below(REVISIONS_LEFT_MAX);
    if (revision > 1) {
      this.#ask(this.#prng.pick(this.#sim!.ids), { kind: "compact", revision, physical: false });
    }
    this.#later("compact", COMPACT_EVERY_MS);
  }

  #ask(member: MemberId, request: ClientRequest): number {
    return this.#sim!.request(member, request);
  }

  #later(what: string, delayMsMax: number): void {
    this.#sim!.planFor("sessions", this.#prng.below(delayMsMax + 1), what);
  }
}
