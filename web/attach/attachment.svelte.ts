// A cluster that runs elsewhere, as this page is told of it. Everything is asked over the members' JSON gateway; nothing
// is asked before `connect` and nothing after `detach`. Troubles are values that the page shows.

import { createContext } from "svelte";
import { EndpointWatch } from "./endpoint_watch.svelte.ts";
import { type Endpoint, ENDPOINT_COUNT_MAX, isNamedHost } from "./endpoints.ts";
import type { Asked, Json } from "./gateway.ts";
import { KeyDesk } from "./key_desk.svelte.ts";
import { LeaseDesk } from "./lease_desk.svelte.ts";
import { mergedRates, type Rate } from "./link_rates.ts";
import { pause } from "./pause.ts";
import { type Leadership, leadershipOf, quorumOf, type Seat, seatsOf } from "./seats.ts";
import { nameOf, type Reign, Story, type Told } from "./story.ts";
import { decimalOf, type HexId, type ListedMember, readMembers } from "./told.ts";
import type { Ballot } from "./trace_watch.svelte.ts";

const MEMBERS_EVERY_MS = 1_000;
const NOW_EVERY_MS = 250;

export class Attachment {
  readonly keys: KeyDesk;
  readonly leases: LeaseDesk;
  endpoints: readonly EndpointWatch[] = $state.raw([]);
  members: readonly ListedMember[] = $state.raw([]);
  /** Of the first that answered. */
  clusterId: HexId | null = $state(null);
  /** The page's clock, in steps that the eye can follow. */
  nowMs = $state(Date.now());
  told: readonly Told[] = $state.raw([]);
  reigns: readonly Reign[] = $state.raw([]);
  attachedAtMs: number | null = $state(null);
  /** Whom keys are read from and verbs go to; null: whoever leads, or else answers. */
  chosen: Endpoint | null = $state(null);

  readonly attached: boolean = $derived(this.endpoints.length > 0);
  readonly own: readonly EndpointWatch[] = $derived(
    this.endpoints.filter(({ status }) =>
      status === null || this.clusterId === null || status.header.clusterId === this.clusterId
    ),
  );
  /** Endpoints that answer for another cluster than the first: shown, and not heeded. */
  readonly foreign: readonly EndpointWatch[] = $derived(
    this.endpoints.filter((watch) => !this.own.includes(watch)),
  );
  readonly seats: readonly Seat[] = $derived(seatsOf(this.members, this.own));
  readonly leader: Leadership | null = $derived(
    leadershipOf(this.own.filter(({ answers }) => answers).map(({ status }) => status!)),
  );
  /** Votes heard of lately, by whoever tells of votes. */
  readonly ballots: readonly Ballot[] = $derived(this.own.flatMap(({ trace }) => trace?.ballots ?? []));
  /** Messages on links, by whoever tells of messages. */
  readonly rates: readonly Rate[] = $derived(
    mergedRates(
      this.own.flatMap(({ trace }) => trace?.glance ? [{ by: trace.glance.id, rates: trace.rates }] : []),
    ),
  );
  readonly quorum = $derived(quorumOf(this.seats));
  readonly source: EndpointWatch | null = $derived.by(() => {
    const answering = this.own.filter(({ answers }) => answers);
    return this.endpoints.find(({ endpoint }) => endpoint === this.chosen) ??
      answering.find(({ status }) => status!.header.memberId === this.leader?.id) ??
      answering[0] ?? null;
  });
  /** Client URLs that members offer on machines that the visitor did not name. */
  readonly offers: readonly Endpoint[] = $derived(
    [
      ...new Set(
        this.seats.flatMap(({ state, offered }) => state === "notAsked" && offered !== null ? [offered] : []),
      ),
    ],
  );

  #abort = new AbortController();
  #story = new Story();

  constructor() {
    this.keys = new KeyDesk();
    this.leases = new LeaseDesk();
  }

  /** Begins to ask these endpoints. */
  connect(endpoints: readonly Endpoint[]): void {
    this.detach();
    this.#abort = new AbortController();
    this.#story = new Story();
    const { signal } = this.#abort;
    this.endpoints = endpoints.map((endpoint) => this.#watch(endpoint, true, signal));
    void this.#askMembers(signal);
    void this.#tick(signal);
    this.keys.follow(() => this.source?.gateway ?? null, signal);
    this.leases.follow(() => this.source?.gateway ?? null, signal);
  }

  detach(): void {
    this.#abort.abort();
    this.endpoints = [];
    this.members = [];
    this.clusterId = null;
    this.told = [];
    this.reigns = [];
    this.attachedAtMs = null;
    this.chosen = null;
    this.keys.clear();
    this.leases.clear();
  }

  /** Asks one more address. */
  alsoAsk(endpoint: Endpoint): void {
    if (
      this.endpoints.some((one) => one.endpoint === endpoint) ||
      this.endpoints.length >= 2 * ENDPOINT_COUNT_MAX
    ) return;
    this.endpoints = [...this.endpoints, this.#watch(endpoint, true, this.#abort.signal)];
  }

  of(seat: Seat): EndpointWatch | null {
    return this.endpoints.find(({ endpoint }) => endpoint === seat.endpoint) ?? null;
  }

  addMember(peerUrl: string, isLearner: boolean): Promise<Asked<Json>> {
    return this.#verb("/v3/cluster/member/add", { peerURLs: [peerUrl], ...(isLearner ? { isLearner } : {}) });
  }

  removeMember(id: HexId): Promise<Asked<Json>> {
    return this.#verb("/v3/cluster/member/remove", { ID: decimalOf(id) });
  }

  promoteMember(id: HexId): Promise<Asked<Json>> {
    return this.#verb("/v3/cluster/member/promote", { ID: decimalOf(id) });
  }

  async #verb(path: string, body: Json): Promise<Asked<Json>> {
    const { source } = this;
    if (source === null) return { kind: "silent", why: "unreachable" };
    const asked = await source.gateway.ask(path, body, VERB_MS_MAX);
    // The answer tells the members; waiting for the next round would show the old list beside the new notice.
    if (asked.kind === "ok") this.#takeMembers(readMembers(asked.value));
    return asked;
  }

  #watch(endpoint: Endpoint, isNamed: boolean, signal: AbortSignal): EndpointWatch {
    return new EndpointWatch(endpoint, {
      isNamed,
      signal,
      onNews: () => this.#news(signal),
      onBallot: (ballot) => this.#hearBallot(ballot, signal),
    });
  }

  #news(signal: AbortSignal): void {
    if (signal.aborted) return;
    this.clusterId ??= this.endpoints.find(({ answers }) => answers)?.status?.header.clusterId ?? null;
    // Before the list of members is known, nobody has a name.
    if (this.members.length === 0) return;
    this.#story.take({ seats: this.seats, leader: this.leader }, Date.now());
    this.told = this.#story.told;
    this.reigns = this.#story.reigns;
    this.attachedAtMs ??= this.told[0]?.atMs ?? null;
  }

  #hearBallot({ voter, candidate, term, granted, atMs }: Ballot, signal: AbortSignal): void {
    if (signal.aborted || this.members.length === 0) return;
    const [name, wants] = [nameOf(this.seats, voter), nameOf(this.seats, candidate)];
    this.#story.add(atMs, { kind: "voted", name, candidate: wants, term, granted });
    this.told = this.#story.told;
  }

  async #askMembers(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const asked = await this.source?.gateway.ask("/v3/cluster/member/list", {});
      if (signal.aborted) return;
      if (asked?.kind === "ok") this.#takeMembers(readMembers(asked.value));
      await pause(this.members.length === 0 ? NOW_EVERY_MS : MEMBERS_EVERY_MS, signal);
    }
  }

  #takeMembers(members: readonly ListedMember[] | null): void {
    if (members === null || members.length === 0) return;
    this.members = members;
    const named = this.endpoints.filter(({ isNamed }) => isNamed).map(({ endpoint }) => endpoint);
    for (const { offered } of this.seats) {
      if (offered === null || this.endpoints.length >= 2 * ENDPOINT_COUNT_MAX) continue;
      if (!isNamedHost(offered, named)) continue;
      this.endpoints = [...this.endpoints, this.#watch(offered, false, this.#abort.signal)];
    }
    // An address learned from the list goes with its member.
    this.endpoints = this.endpoints.filter((watch) =>
      watch.isNamed || watch.answers || this.#isListed(watch)
    );
    this.#news(this.#abort.signal);
  }

  #isListed(watch: EndpointWatch): boolean {
    return this.seats.some(({ endpoint, id }) =>
      endpoint === watch.endpoint && this.members.some((one) => one.id === id)
    );
  }

  async #tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.nowMs = Date.now();
      await pause(NOW_EVERY_MS, signal);
    }
  }
}

/** A change of members waits for the cluster's agreement. */
const VERB_MS_MAX = 8_000;

export const [getAttachment, setAttachment] = createContext<Attachment>();
