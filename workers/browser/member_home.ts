/// <reference lib="dom" />
// The worker's side of one member: takes its lock, opens its disk, recovers it, runs it by the cluster's clock, and
// tells the page. Everything here is glue; what the member does is decided in core.

import type { ClientRequest, ClientResponse, WatchCreate } from "../../core/member/io.ts";
import { assert } from "../../core/base/assert.ts";
import { MemberDriver } from "../../core/member/driver.ts";
import { Member } from "../../core/member/member.ts";
import {
  ETCD_RULES,
  MEMBER_DEFAULTS,
  type MemberOptions,
  TEXTBOOK_RULES,
} from "../../core/member/options.ts";
import { type LifeStart, MemberRecorder } from "../../core/member/replay.ts";
import { Agenda } from "./agenda.ts";
import { BroadcastNetwork } from "./broadcast_network.ts";
import type { Flight } from "./cluster_api.ts";
import { clientUrlsOf, clusterIdentity } from "./cluster_identity.ts";
import { diskName } from "./cluster_store.ts";
import { IndexedDbDisk } from "./indexeddb_disk.ts";
import { type LinkState, seedFrom } from "./link_state.ts";
import { holdLock, memberLock } from "./locks.ts";
import type {
  LifeReport,
  MemberControl,
  MemberReport,
  MemberStart,
  TimedEvent,
  WatchNews,
} from "./member_protocol.ts";
import { type DiskTrouble, SOUND_DISK } from "./operations.ts";
import { TroubledDisk } from "./troubled_disk.ts";
import { TIMING } from "./profiles.ts";
import { type ClockNotice, FollowingClock } from "./virtual_clock.ts";

/** A page draws at most so often; what happens in between travels together. */
const REPORT_MS = 16;
/** A worker terminated a moment ago may still be letting go of the lock. */
const LOCK_GRACE_MS = 1_000;
/** Small enough that a visitor who plays for an hour sees a snapshot and a log that was cut. */
const SNAPSHOT_COUNT = 1_000;
const CATCH_UP_ENTRIES = 500;
const SEGMENT_BYTES_MAX = 1024 * 1024;

/** A member at work. */
interface Running {
  readonly member: Member;
  readonly recorder: MemberRecorder;
  readonly driver: MemberDriver;
  readonly network: BroadcastNetwork;
  readonly agenda: Agenda;
  readonly disk: TroubledDisk;
}

export class MemberHome implements MemberControl {
  #reports: MessagePort | null = null;
  #journal: MessagePort | null = null;
  #clock: FollowingClock | null = null;
  #links: LinkState = { cuts: [], down: [] };
  #trouble: DiskTrouble = SOUND_DISK;
  #running: Running | null = null;
  #isPaused = false;
  /** A step that the driver asked for while the member is paused. */
  #heldFlush: (() => void) | null = null;
  /** The page's number of a request, the driver's number of it. */
  readonly #asked = new Map<number, number>();
  #reportTimer: ReturnType<typeof setTimeout> | null = null;
  #events: TimedEvent[] = [];
  #flights: Flight[] = [];
  #lost: string[] = [];

  start(start: MemberStart, reports: MessagePort, journal: MessagePort): void {
    assert(this.#reports === null, "a worker runs one member once");
    this.#reports = reports;
    this.#journal = journal;
    this.#clock = new FollowingClock(start.clock);
    this.#links = start.links;
    this.#trouble = start.disk;
    this.#open(start).catch((error: unknown) => this.fail(error));
  }

  setClock(notice: ClockNotice): void {
    this.#clock?.apply(notice);
    this.#running?.agenda.clockChanged();
  }

  setLinks(links: LinkState): void {
    this.#links = links;
    this.#running?.network.setLinks(links);
  }

  setDisk(trouble: DiskTrouble): void {
    this.#trouble = trouble;
    this.#running?.disk.setTrouble(trouble);
  }

  pause(): void {
    this.#isPaused = true;
    this.#running?.agenda.freeze();
  }

  resume(): void {
    this.#isPaused = false;
    this.#running?.agenda.thaw();
    const flush = this.#heldFlush;
    this.#heldFlush = null;
    flush?.();
  }

  request(askId: number, request: ClientRequest): Promise<ClientResponse> {
    return new Promise((resolve) => {
      const driver = this.#running?.driver;
      if (driver === undefined) return;
      const requestId = driver.request(request, (response) => {
        this.#asked.delete(askId);
        resolve(response);
      });
      this.#asked.set(askId, requestId);
    });
  }

  watch(askId: number, create: WatchCreate, responses: MessagePort): void {
    const driver = this.#running?.driver;
    if (driver === undefined) return;
    const requestId = driver.request({ kind: "watch", requireLeader: false }, (response, last) => {
      // The port holds whatever the page has not read yet: for the member, it is off its hands.
      responses.postMessage({ response, last } satisfies WatchNews);
      if (last) this.#asked.delete(askId);
      else driver.taken(requestId);
    });
    this.#asked.set(askId, requestId);
    driver.say(requestId, { kind: "create", create });
  }

  cancel(askId: number): void {
    const requestId = this.#asked.get(askId);
    this.#asked.delete(askId);
    if (requestId !== undefined) this.#running?.driver.cancel(requestId);
  }

  /** Ends the member for a trouble that nobody foresaw: it must not go on in a state that nobody knows. */
  fail(error: unknown): void {
    this.#running?.driver.stop();
    this.#end({
      kind: "stopped",
      why: `it failed: ${error instanceof Error ? error.message : String(error)}`,
    });
  }

  async #open(start: MemberStart): Promise<void> {
    const options = memberOptions(start);
    const lockName = memberLock(start.incarnation, options.name);
    if (await holdLock(lockName, LOCK_GRACE_MS) === null) {
      this.#post({ kind: "elsewhere" });
      await holdLock(lockName, Infinity);
    }
    const opened = await IndexedDbDisk.open(diskName(start.incarnation, options.name));
    if (opened.kind === "failed") {
      return this.#end({ kind: "refused", why: `Its disk cannot be read: ${opened.why}.` });
    }
    const recovery = Member.recover(options, opened.image);
    if (recovery.kind === "refused") {
      opened.disk.close();
      return this.#end({ kind: "refused", why: asSentences(recovery.says, recovery.remedy) });
    }
    const { member, outputs } = recovery;
    const clock = this.#clock!;
    const agenda = new Agenda(clock);
    const network = new BroadcastNetwork({
      self: options.id,
      cluster: options.clusterId,
      incarnation: start.incarnation,
      startId: start.startId,
      plan: start.plan,
      links: this.#links,
      agenda,
      now: () => clock.now(),
      onFrame: (frame) => this.#running?.driver.deliver(frame),
      onFlight: (flight) => this.#note(this.#flights, flight),
      onLost: (messageId) => this.#note(this.#lost, messageId),
      onUnreachable: (peer) => this.#running?.driver.unreachable(peer),
      onSnapshotSent: (peer, ok) => this.#running?.driver.snapshotSent(peer, ok),
    });
    if (this.#isPaused) agenda.freeze();
    // The life is told before its first step: the historian recovers a member of its own from the same disk.
    const life: LifeStart = { options, image: opened.image, atMs: clock.now() };
    this.#tellHistorian({ kind: "began", life });
    const recorder = new MemberRecorder(member, () => clock.now(), outputs);
    const disk = new TroubledDisk(opened.disk, agenda, () => clock.now());
    disk.setTrouble(this.#trouble);
    const driver = new MemberDriver({
      member: recorder,
      disk,
      network,
      schedule: (flush) => this.#schedule(flush),
      onTrace: (event) => this.#note(this.#events, { atMs: clock.now(), event }),
      onStopped: (reason) => this.#end({ kind: "stopped", why: describeReason(reason) }),
    }, outputs);
    if (driver.stopped) return;
    this.#running = { member, recorder, driver, network, agenda, disk };
    // Members that tick at the same instant would campaign at the same instant: each has its own phase.
    const phaseMs = seedFrom("phase", start.plan.seed, start.place) % options.timing.tickMs;
    agenda.every(options.timing.tickMs, clock.now() + 1 + phaseMs, () => driver.tick());
    this.#report();
  }

  /** Inputs of one turn share a step; a paused member takes none. */
  #schedule(flush: () => void): void {
    queueMicrotask(() => {
      if (this.#isPaused) {
        this.#heldFlush = flush;
        return;
      }
      flush();
      this.#reportSoon();
    });
  }

  #note<T>(list: T[], item: T): void {
    list.push(item);
    this.#reportSoon();
  }

  #reportSoon(): void {
    this.#reportTimer ??= setTimeout(() => this.#report(), REPORT_MS);
  }

  #report(): void {
    if (this.#reportTimer !== null) clearTimeout(this.#reportTimer);
    this.#reportTimer = null;
    if (this.#running === null) return;
    const { member, recorder, driver, network } = this.#running;
    const dropped = {
      strangers: network.strangerCount,
      malformed: driver.malformedFrameCount,
      overflow: network.overflowCount,
    };
    const [events, flights, lost] = [this.#events, this.#flights, this.#lost];
    [this.#events, this.#flights, this.#lost] = [[], [], []];
    const viewAtMs = this.#clock!.now();
    this.#tellHistorian({ kind: "page", steps: recorder.take(), flights, lost });
    this.#post({ kind: "batch", view: member.view(), viewAtMs, events, flights, lost, dropped });
  }

  /** The last words: what happened until now, then why it is over. */
  #end(report: MemberReport): void {
    try {
      this.#report();
    } catch {
      // A member that broke may not be able to show itself; why it stopped is what matters.
    }
    this.#running = null;
    this.#post(report);
  }

  #tellHistorian(report: LifeReport): void {
    this.#journal?.postMessage(report);
  }

  #post(report: MemberReport): void {
    this.#reports?.postMessage(report);
  }
}

function memberOptions({ place, plan, startId, startCount }: MemberStart): MemberOptions {
  const { clusterId, members } = clusterIdentity(plan.size);
  const { id, name } = members[place]!;
  return {
    ...MEMBER_DEFAULTS,
    id,
    clusterId,
    name,
    clientUrls: clientUrlsOf(place),
    bootstrap: { kind: "new", members },
    timing: TIMING[plan.profile],
    rules: plan.rules === "etcd" ? ETCD_RULES : TEXTBOOK_RULES,
    seed: seedFrom("member", plan.seed, place, startCount),
    startId,
    snapshotCount: SNAPSHOT_COUNT,
    catchUpEntries: CATCH_UP_ENTRIES,
    segmentBytesMax: SEGMENT_BYTES_MAX,
    trace: true,
  };
}

function describeReason(
  reason: Parameters<ConstructorParameters<typeof MemberDriver>[0]["onStopped"]>[0],
): string {
  switch (reason.kind) {
    case "removed":
      return "It was removed from its cluster.";
    case "diskFailed":
      return `Its disk failed: ${reason.why}.`;
    case "violation":
      return `It broke a promise of its own and was stopped: ${reason.error.message}.`;
  }
}

/** Clauses as they come from core, as sentences. */
function asSentences(...clauses: readonly string[]): string {
  return clauses.map((clause) => `${clause.charAt(0).toUpperCase()}${clause.slice(1).replace(/\.$/, "")}.`)
    .join(" ");
}
