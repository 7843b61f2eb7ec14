// A Flotilla member that tells all it knows, for as long as its stream of beats lasts. From the beats come what it is now,
// how many messages of which kind pass on each link a second, and who voted for whom.

import type { Glance, MessageCount, RareEvent, TraceBeat } from "../../core/member/trace_beat.ts";
import type { Gateway } from "./gateway.ts";
import type { Rate } from "./link_rates.ts";
import { readLines } from "./lines.ts";
import type { HexId } from "./told.ts";

/** Messages are counted over the last so many milliseconds: quick enough to see, steady enough to read. */
const RATE_SPAN_MS = 2_000;
/** How long votes stay to be read, long after the few milliseconds that an election takes. */
const VOTES_STAY_MS = 6_000;

export interface Ballot {
  readonly voter: HexId;
  readonly candidate: HexId;
  readonly term: number;
  readonly granted: boolean;
  readonly atMs: number;
}

export class TraceWatch {
  /** Its newest picture; null before the first beat. */
  glance: Glance | null = $state.raw(null);
  rates: readonly Rate[] = $state.raw([]);
  ballots: readonly Ballot[] = $state.raw([]);
  /** Beats that this page was too slow for. */
  missed = $state(0);
  #counts: { readonly atMs: number; readonly messages: readonly MessageCount[] }[] = [];
  #beganAtMs = 0;
  readonly #onBallot: (ballot: Ballot) => void;

  /**
   * @param signal ends it.
   * @param onEnd the stream is over; said once, with whether it ever told anything.
   */
  constructor(
    gateway: Gateway,
    path: string,
    options: {
      readonly signal: AbortSignal;
      readonly onBallot: (ballot: Ballot) => void;
      readonly onEnd: (hasBegun: boolean) => void;
    },
  ) {
    this.#onBallot = options.onBallot;
    void this.#read(gateway, path, options.signal).then(() => options.onEnd(this.glance !== null));
  }

  async #read(gateway: Gateway, path: string, signal: AbortSignal): Promise<void> {
    const opened = await gateway.open(path, { method: "GET" }, signal);
    if (opened.kind !== "ok") return;
    this.#beganAtMs = performance.now();
    await readLines(opened.value, (line) => {
      const beat = beatOf(line["beat"]);
      if (beat === null || signal.aborted) return false;
      this.missed += Number(line["missed"]) || 0;
      this.#take(beat, performance.now());
      return true;
    });
  }

  #take(beat: TraceBeat, nowMs: number): void {
    this.glance = beat.glance;
    this.#counts.push({ atMs: nowMs, messages: beat.messages });
    while (this.#counts[0]!.atMs < nowMs - RATE_SPAN_MS) this.#counts.shift();
    this.rates = ratesOf(
      this.#counts.flatMap(({ messages }) => messages),
      Math.min(RATE_SPAN_MS, nowMs - this.#beganAtMs),
    );
    const fresh = beat.events.flatMap((event) => ballotOf(event, beat.glance.id, Date.now()));
    if (fresh.length > 0 || this.ballots.some(({ atMs }) => atMs < Date.now() - VOTES_STAY_MS)) {
      this.ballots = [...this.ballots, ...fresh].filter(({ atMs }) => atMs >= Date.now() - VOTES_STAY_MS);
    }
    fresh.forEach(this.#onBallot);
  }
}

function ratesOf(messages: readonly MessageCount[], spanMs: number): readonly Rate[] {
  const sums = new Map<string, { count: MessageCount; sum: number }>();
  for (const count of messages) {
    const key = `${count.from}/${count.to}/${count.kind}`;
    sums.set(key, { count, sum: (sums.get(key)?.sum ?? 0) + count.count });
  }
  const seconds = Math.max(spanMs, 500) / 1000;
  return [...sums.values()].map(({ count: { from, to, kind }, sum }) => ({
    from,
    to,
    kind,
    perSecond: sum / seconds,
  }));
}

/**
 * A vote that counts: a pre-vote only asks whether one would be given. Who becomes a candidate votes for itself in that
 * very moment. (Raft §5.2)
 */
function ballotOf(event: RareEvent, teller: HexId, atMs: number): readonly Ballot[] {
  if (event.kind === "role" && event.role === "candidate") {
    return [{ voter: teller, candidate: teller, term: event.term, granted: true, atMs }];
  }
  if (event.kind !== "vote" || event.pre) return [];
  return [{ voter: teller, candidate: event.for, term: event.term, granted: event.granted, atMs }];
}

/** It comes from outside: enough is looked at that nothing drawn from it can throw. */
function beatOf(value: unknown): TraceBeat | null {
  const beat = value as Partial<TraceBeat> | null;
  const glance = beat?.glance as Partial<Glance> | undefined;
  const isWhole = typeof glance?.id === "string" && typeof glance.term === "number" &&
    typeof glance.timer === "object" && glance.timer !== null &&
    [glance.log, glance.votes, glance.heard, beat?.messages, beat?.events].every(Array.isArray);
  return isWhole ? value as TraceBeat : null;
}
