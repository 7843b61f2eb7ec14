/// <reference lib="dom" />
// The memory of a cluster in a tab: a worker that hears of every step of every member, keeps the journals, and brings
// any moment back. It stands apart from the members' workers, because a crashed member's worker is gone with all it
// knew, and because looking back must not take time from those who live on.

import type { MemberId } from "../../core/base/ids.ts";
import { MemberJournal } from "../../core/member/replay.ts";
import type { MemberView } from "../../core/member/view.ts";
import { type ForkedFrame, type ForkedMember, forkOf } from "../../core/timeline/fork.ts";
import { stateToText } from "../../core/timeline/state_text.ts";
import { encodeMessage } from "../../core/wire/peer_codec.ts";
import type { ClusterPlan, Flight, HostedState, LinkCut } from "./cluster_api.ts";
import { clusterIdentity } from "./cluster_identity.ts";
import type { LifeReport } from "./member_protocol.ts";

/** No frame flies longer than this, in virtual milliseconds: how far back a message in the air may have been sent. */
const FLIGHT_MS_MAX = 60;
/** Flights kept; the oldest quarter goes when there are more. */
const FLIGHT_COUNT_MAX = 80_000;

export interface MemberPast {
  readonly id: MemberId;
  readonly view: MemberView;
  readonly viewAtMs: number;
}

/** What the historian knows of a moment. Which members ran then, and which links were cut, the page knows. */
export interface Moment {
  readonly members: readonly MemberPast[];
  readonly flights: readonly Flight[];
  readonly agrees: boolean;
}

export interface HistorianControl {
  /** A member began another life; it is told of on this port. */
  listen(member: MemberId, life: MessagePort): void;
  /** Virtual times between which moments can be brought back; null before the first life began. */
  span(): { readonly fromMs: number; readonly toMs: number } | null;
  /** Null when that is too long ago. */
  momentAt(ms: number): Moment | null;
  /** The cluster as it was then, as text for `stateFromText`; null when that is too long ago. */
  forkAt(ms: number, how: ForkHow): string | null;
}

export interface ForkHow {
  readonly plan: ClusterPlan;
  readonly states: readonly {
    readonly id: MemberId;
    readonly state: HostedState;
    readonly why: string | null;
  }[];
  readonly cuts: readonly LinkCut[];
}

export class Historian implements HistorianControl {
  /** Every life of every member, oldest first. */
  readonly #lives = new Map<MemberId, MemberJournal[]>();
  #flights: Flight[] = [];

  listen(member: MemberId, life: MessagePort): void {
    let journal: MemberJournal | null = null;
    life.onmessage = ({ data }: MessageEvent<LifeReport>) => {
      if (data.kind === "began") {
        journal = new MemberJournal(data.life);
        this.#lives.set(member, [...this.#lives.get(member) ?? [], journal]);
        return;
      }
      journal?.add(data.steps);
      this.#fly(data.flights, data.lost);
    };
  }

  span(): { readonly fromMs: number; readonly toMs: number } | null {
    const lives = [...this.#lives.values()];
    if (lives.length === 0) return null;
    // A member whose oldest steps are forgotten bounds the whole picture.
    const fromMs = Math.max(...lives.map((journals) => journals[0]!.fromMs));
    const toMs = Math.max(...lives.map((journals) => journals[journals.length - 1]!.toMs));
    return { fromMs, toMs };
  }

  momentAt(ms: number): Moment | null {
    const members: MemberPast[] = [];
    let agrees = true;
    for (const [id, journals] of this.#lives) {
      const replayed = lifeAt(journals, ms)?.at(ms) ?? null;
      if (replayed === null) continue;
      agrees &&= replayed.agrees;
      members.push({ id, view: replayed.member.view(), viewAtMs: replayed.standing.atMs });
    }
    return members.length === 0 ? null : { members, flights: this.#flightsAt(ms), agrees };
  }

  forkAt(ms: number, { plan, states, cuts }: ForkHow): string | null {
    const frames: ForkedFrame[] = [];
    const members: ForkedMember[] = [];
    const { members: infos } = clusterIdentity(plan.size);
    for (const info of infos) {
      const journal = lifeAt(this.#lives.get(info.id) ?? [], ms);
      const replayed = journal?.at(ms, FLIGHT_MS_MAX) ?? null;
      if (journal === undefined || replayed === null) return null;
      const { startId, seed } = journal.options;
      for (const flight of this.#flightsAt(ms)) {
        const [from, start, number] = flight.messageId.split("/");
        if (from !== info.id || Number(start) !== startId || flight.dropped) continue;
        const sent = replayed.sends.find((send) => send.number === Number(number));
        if (sent === undefined) continue;
        const { to, deliverAtMs } = flight;
        frames.push({ from: info.id, to, frame: encodeMessage(sent.message), deliverAtMs });
      }
      const { state, why } = states.find(({ id }) => id === info.id) ?? { state: "stopped", why: null };
      const lives = state === "running" || state === "paused";
      const { standing } = replayed;
      members.push({
        info,
        state: lives ? state : state === "refused" ? "refused" : "stopped",
        why,
        member: lives ? replayed.member.capture() : null,
        seed,
        startId,
        nextRequestId: standing.nextRequestId,
        files: journal.filesAt(ms),
        pendingWrite: lives ? standing.pendingWrite : null,
        tickedAtMs: standing.tickedAtMs,
      });
    }
    return stateToText(forkOf({ plan, atMs: ms, members, frames, cuts }));
  }

  #fly(flights: readonly Flight[], lost: readonly string[]): void {
    this.#flights.push(...flights);
    for (const messageId of lost) {
      const at = this.#flights.findLastIndex((flight) => flight.messageId === messageId);
      if (at >= 0) this.#flights[at] = { ...this.#flights[at]!, dropped: true };
    }
    if (this.#flights.length > FLIGHT_COUNT_MAX) this.#flights = this.#flights.slice(FLIGHT_COUNT_MAX / 4);
  }

  #flightsAt(ms: number): readonly Flight[] {
    return this.#flights.filter(({ sentAtMs, deliverAtMs }) => sentAtMs <= ms && deliverAtMs > ms);
  }
}

/** The life that was being lived then, or the last one before it. */
function lifeAt(journals: readonly MemberJournal[], ms: number): MemberJournal | undefined {
  return journals.findLast(({ fromMs }) => fromMs <= ms);
}
