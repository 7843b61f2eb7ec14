// What a write costs: members at chosen distances, one write at a time, every frame read as it leaves and every answer
// timed. Writes come in blocks, each on a cluster of its own with a seed of its own, so that blocks may be dealt to
// any number of workers.
//
// The simulator's millisecond stands for one unit of 10 microseconds here. Between two writes everything comes to
// rest, as the formula wants it: no queue at any disk, and the news of the commit has arrived. Heartbeats are kept out
// of the way by clocks so slow that a block fits between two of them: the answer to a heartbeat makes a leader ask
// again for what is still on its way, which would be counted now and then.

import { assert } from "../../base/assert.ts";
import { utf8 } from "../../base/bytes.ts";
import { isEtcdError } from "../../base/etcd_error.ts";
import type { MemberId } from "../../base/ids.ts";
import { putRequest } from "../../kv/requests.ts";
import type { ClientResponse } from "../../member/io.ts";
import { ETCD_RULES, ETCD_TIMING } from "../../member/options.ts";
import type { ClusterPlan } from "../../sim/cluster_plan.ts";
import { ClusterSim, type SimObserver } from "../../sim/cluster_sim.ts";
import { decodeMessage } from "../../wire/peer_codec.ts";
import { diskSpanOf, type LinkPlan, placesOf, spanBetween, type Units } from "../links.ts";
import type { LabRun } from "../progress.ts";

export const WRITES_PER_BLOCK = 50;

/** Frames that left a member between the first write and the rest after the last. */
export interface MessageCounts {
  /** Appends that carried the write. */
  readonly appends: number;
  /** First acknowledgements of an entry, one for each append above. */
  readonly acknowledgements: number;
  /** Appends without entries, which bring the news of the commit, and the answers to them. */
  readonly commitNews: number;
  /** Whatever else: none, unless frames overtake each other so far that something must be sent again. */
  readonly others: number;
}

export interface BlockOfWrites {
  readonly block: number;
  /** From the request's arrival at the leader to its answer, in units, in order of the writes. */
  readonly latencies: readonly Units[];
  readonly counts: MessageCounts;
}

/** Writes the blocks `from` to `to - 1`. @param links such as are not refused. */
export function* tryWrites(
  { size, seed, links, from, to }: {
    readonly size: number;
    readonly seed: number;
    readonly links: LinkPlan;
    readonly from: number;
    readonly to: number;
  },
): LabRun<readonly BlockOfWrites[]> {
  const blocks: BlockOfWrites[] = [];
  for (let block = from; block < to; block++) {
    blocks.push(writeBlock({ size, links, seed: (seed % 0x1_0000_0000) * BLOCKS_MAX + block, block }));
    yield { doneCount: block + 1 - from, totalCount: to - from };
  }
  return blocks;
}

/** So many seeds lie between two of the reader's; their product stays a safe integer. */
const BLOCKS_MAX = 0x10_0000;

function writeBlock(
  { size, links, seed, block }: {
    readonly size: number;
    readonly links: LinkPlan;
    readonly seed: number;
    readonly block: number;
  },
): BlockOfWrites {
  const meter = new WriteMeter();
  const sim = new ClusterSim(planOf(size, links, seed), [meter]);
  const first = sim.idOf("infra1");
  lay(sim, links, size);
  lead(sim, first, tickUnitsOf(links));
  // One heartbeat has just gone, the next is a whole tick away.
  const beat = meter.heartbeats;
  if (size > 1) sim.runUntil(() => meter.heartbeats > beat, 2 * tickUnitsOf(links));
  sim.runFor(restOf(links));
  meter.begin(sim);
  for (let i = 0; i < WRITES_PER_BLOCK; i++) {
    const requestId = sim.request(first, putRequest({ key: utf8("x"), value: utf8(`${i}`) }));
    meter.await(requestId);
    const answered = sim.runUntil(() => !meter.waits, tickUnitsOf(links));
    assert(answered, `write ${i} of block ${block} got no answer`);
    sim.runFor(restOf(links));
  }
  return { block, latencies: meter.latencies, counts: meter.counts };
}

/** Reads every frame, and times one request at a time. */
class WriteMeter implements SimObserver {
  readonly latencies: Units[] = [];
  readonly counts = { appends: 0, acknowledgements: 0, commitNews: 0, others: 0 };
  heartbeats = 0;
  /** The last index that each member has acknowledged: what comes after it is an acknowledgement anew. */
  readonly #acknowledged = new Map<MemberId, number>();
  #sim: ClusterSim | null = null;
  #askedAt: Units = 0;
  #requestId = 0;

  begin(sim: ClusterSim): void {
    this.#sim = sim;
  }

  get waits(): boolean {
    return this.#requestId !== 0;
  }

  await(requestId: number): void {
    this.#requestId = requestId;
    this.#askedAt = this.#sim!.nowMs;
  }

  onResponse(requestId: number, response: ClientResponse): void {
    if (requestId !== this.#requestId) return;
    assert(!isEtcdError(response), () => `a write in calm waters was refused: ${JSON.stringify(response)}`);
    this.latencies.push(this.#sim!.nowMs - this.#askedAt);
    this.#requestId = 0;
  }

  onSend(from: MemberId, _to: MemberId, frame: Uint8Array): void {
    const message = decodeMessage(frame);
    assert(message.kind !== "malformed", "a member sent what it could not read itself");
    const isNews = message.kind === "appendReply" && !message.reject &&
      message.index <= (this.#acknowledged.get(from) ?? 0);
    if (message.kind === "appendReply" && !message.reject && !isNews) {
      this.#acknowledged.set(from, message.index);
    }
    if (message.kind === "heartbeat") this.heartbeats += 1;
    if (this.#sim === null) return;
    switch (message.kind) {
      case "append":
        this.counts[message.entries.length > 0 ? "appends" : "commitNews"] += 1;
        break;
      case "appendReply":
        if (message.reject) this.counts.others += 1;
        else this.counts[isNews ? "commitNews" : "acknowledgements"] += 1;
        break;
      default:
        this.counts.others += 1;
    }
  }
}

function planOf(size: number, links: LinkPlan, seed: number): ClusterPlan {
  return {
    seed,
    size,
    timing: { ...ETCD_TIMING, tickMs: tickUnitsOf(links) },
    rules: ETCD_RULES,
    link: {
      delayMsMin: links.within.min,
      delayMsMax: links.within.max,
      lossPerMille: 0,
      duplicatePerMille: 0,
    },
    diskDelayMsMin: links.disk.min,
    diskDelayMsMax: links.disk.max,
    clockDriftPerMille: 0,
    snapshotCount: 100_000,
    catchUpEntries: 5_000,
    segmentBytesMax: 1024 * 1024,
  };
}

/** Sets every pair of members as far apart as their places are, and slows the straggler's disk. */
function lay(sim: ClusterSim, links: LinkPlan, size: number): void {
  const ids = Array.from({ length: size }, (_, i) => sim.idOf(`infra${i + 1}`));
  const places = placesOf(size, links);
  ids.forEach((from, i) =>
    ids.forEach((to, j) => {
      if (i === j) return;
      const { min, max } = spanBetween(links, places[i]!, places[j]!);
      sim.act({ kind: "link", from, to, settings: { delayMsMin: min, delayMsMax: max } });
    })
  );
  const last = diskSpanOf(links, size - 1, size);
  if (last.min === last.max) sim.act({ kind: "slowDisk", member: ids[size - 1]!, delayMs: last.min });
}

/** Lets the members elect somebody, makes `first` the leader, and waits until nobody has anything left to say. */
function lead(sim: ClusterSim, first: MemberId, tickUnits: Units): void {
  const limit = ELECTED_TICKS_MAX * tickUnits;
  assert(sim.runUntil((sim) => sim.leader() !== null, limit), "nobody was elected");
  if (sim.leader() !== first) sim.act({ kind: "transfer", to: first });
  assert(sim.runUntil((sim) => sim.leader() === first, limit), "the lead was not handed over");
  sim.runFor(PUBLISHED_TICKS * tickUnits);
}

/** Sixty elections, even of the most patient members. */
const ELECTED_TICKS_MAX = 60 * 2 * ETCD_TIMING.electionTicks;
/** Members publish their names after an election, and again an election timeout later when that was lost. */
const PUBLISHED_TICKS = 2 * ETCD_TIMING.electionTicks;

/** Until the slowest acknowledgement and the slowest answer to the news of the commit are home. */
function restOf(links: LinkPlan): Units {
  const flightMax = Math.max(links.within.max, ...links.between.map(({ max }) => max));
  return 4 * flightMax + 2 * Math.max(links.disk.max, links.stragglerDisk ?? 0) + 1;
}

/** A write takes no longer than the rest after it, so a block fits between two ticks with as much to spare. */
function tickUnitsOf(links: LinkPlan): Units {
  return 4 * WRITES_PER_BLOCK * restOf(links);
}
