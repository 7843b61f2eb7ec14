// What happened in a run, for those who ask afterwards: every trace event with what is needed to tell it, and every
// client's request with its answer.

import type { MemberId, Term } from "../base/ids.ts";
import { ClientHistory } from "../check/history.ts";
import type { ClientRequest, ClientResponse } from "../member/io.ts";
import type { TraceEvent } from "../member/trace.ts";
import type { Role } from "../raft/types.ts";
import type { OperatorAction } from "../sim/actions.ts";
import type { ClusterSim, SimObserver, TraceRecord } from "../sim/cluster_sim.ts";
import { ClientStreams } from "./client_streams.ts";
import { describeEvent } from "./describe_event.ts";
import type { Happening } from "./happening.ts";
import type { CampaignCause, Description } from "./sentences.ts";
import type { StageRun } from "./stage_run.ts";

/** The journal forgets its older half when it holds more events than this. */
const EVENT_COUNT_MAX = 200_000;

export interface JournalEvent extends TraceRecord {
  readonly roleBefore: Role | null;
  readonly termBefore: Term;
  readonly cause: CampaignCause;
}

interface Known {
  role: Role | null;
  term: Term;
}

export class Journal implements SimObserver {
  readonly history = new ClientHistory();
  /** Watches that clients keep open. */
  readonly streams: ClientStreams = new ClientStreams((told) => this.#tell(told));
  /** Hears of everything as it happens: lessons' conditions. */
  readonly #listener: ((happening: Happening) => void) | null;
  #run: StageRun | null = null;
  #events: JournalEvent[] = [];
  readonly #known = new Map<MemberId, Known>();
  /** Told to campaign at this instant. */
  readonly #toldToCampaignAtMs = new Map<MemberId, number>();
  /** Whom a leader was asked to hand over to. */
  #heir: MemberId | null = null;
  /** Answers to requests that no client of this history made: those of operators' verbs. */
  #operatorAnswers: ClientResponse[] = [];
  readonly #counts = new Map<TraceEvent["kind"], number>();

  constructor(listener: ((happening: Happening) => void) | null = null) {
    this.#listener = listener;
  }

  /** The run that is watched; the run itself is made with this journal among its observers. */
  attach(run: StageRun): void {
    this.#run = run;
    this.streams.attach(run);
    this.#tell({ kind: "cluster" });
  }

  /** Trace events so far: the number of the newest. */
  get eventNumber(): number {
    return this.#events.at(-1)?.number ?? 0;
  }

  get events(): readonly JournalEvent[] {
    return this.#events;
  }

  /** How often an event of this kind has happened, forgotten ones included. */
  countOf(kind: TraceEvent["kind"]): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Asks a member as a client; the answer will be in `history` under the number returned. */
  ask(member: MemberId, request: ClientRequest): number {
    return this.#run!.request(member, request);
  }

  /** A client, this one or a reader on a page, has asked a member. */
  asked(requestId: number, member: MemberId, request: ClientRequest): void {
    this.history.invoked({ requestId, member, request, atMs: this.#run!.sim.nowMs });
    this.#tell({ kind: "asked", operation: this.history.operation(requestId)! });
  }

  /** An operator's verb was carried out: some of what follows is of its making. */
  acted(action: OperatorAction): void {
    if (action.kind === "transfer") this.#heir = action.to;
    this.#tell({ kind: "act", action });
  }

  /** What members have answered to operators' verbs since this was last asked. */
  takeOperatorAnswers(): readonly ClientResponse[] {
    const answers = this.#operatorAnswers;
    this.#operatorAnswers = [];
    return answers;
  }

  /** @param nameOf what a member is called. */
  describe(entry: JournalEvent, nameOf: (id: MemberId) => string): Description {
    const { member, roleBefore, termBefore, cause } = entry;
    return describeEvent(entry.event, { member, nameOf, roleBefore, termBefore, cause });
  }

  onTrace(record: TraceRecord): void {
    const { member, event, atMs } = record;
    const known = this.#known.get(member) ?? { role: null, term: 0 };
    this.#known.set(member, known);
    this.#counts.set(event.kind, this.countOf(event.kind) + 1);
    if (this.#events.length >= EVENT_COUNT_MAX) this.#events = this.#events.slice(EVENT_COUNT_MAX / 2);
    const cause = this.#causeAt(member, atMs);
    this.#events.push({ ...record, roleBefore: known.role, termBefore: known.term, cause });
    if (event.kind === "requested" && event.what === "campaign") this.#toldToCampaignAtMs.set(member, atMs);
    if (event.kind === "role") {
      if (event.role === "leader") this.#heir = null;
      known.role = event.role;
      known.term = event.term;
    }
    this.#tell({ kind: "trace", member, event });
  }

  onCrash(_sim: ClusterSim, member: MemberId): void {
    this.#known.delete(member);
  }

  onResponse(requestId: number, response: ClientResponse, last: boolean): void {
    if (this.streams.take(requestId, response, last)) return;
    if (!this.history.operation(requestId)) {
      this.#operatorAnswers.push(response);
      return;
    }
    this.history.returned(requestId, response, this.#run!.sim.nowMs);
    this.#tell({ kind: "answered", operation: this.history.operation(requestId)! });
  }

  #tell(happening: Happening): void {
    // While the cluster is being built, nobody can be shown it yet.
    if (this.#run) this.#listener?.(happening);
  }

  #causeAt(member: MemberId, atMs: number): CampaignCause {
    if (this.#toldToCampaignAtMs.get(member) === atMs) return "operator";
    return this.#heir === member ? "transfer" : "timer";
  }
}
