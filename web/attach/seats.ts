// Who sits where on the ring: the members of the list, each with the endpoint that speaks for it, and behind them the
// addresses of which nobody knows yet who answers there.

import { type Endpoint, hostOf, readEndpoint } from "./endpoints.ts";
import type { Refused, Silence } from "./gateway.ts";
import type { HexId, ListedMember, Status } from "./told.ts";

/** What is known of an endpoint, as a value. */
export interface EndpointReading {
  readonly endpoint: Endpoint;
  readonly status: Status | null;
  readonly trouble: Silence | Refused | null;
  readonly answers: boolean;
}

export type SeatState =
  /** Its own words are fresh. */
  | "answers"
  /** It was asked and does not answer: down, or only out of reach. */
  | "silent"
  /** The first question is under way. */
  | "asking"
  /** On the list, at an address that the visitor did not name. */
  | "notAsked"
  /** Added, and never started: it has no name and no client URL yet. */
  | "unstarted";

export interface Seat {
  /** Different for each seat, and the same from one moment to the next. */
  readonly key: string;
  readonly id: HexId | null;
  readonly name: string;
  readonly isLearner: boolean;
  readonly peerUrls: readonly string[];
  /** Where it is asked; null where it is not. */
  readonly endpoint: Endpoint | null;
  /** Where it says it can be asked, when it is not. */
  readonly offered: Endpoint | null;
  readonly state: SeatState;
}

/** As many as a ring can seat. */
export const SEAT_COUNT_MAX = 15;

/** @param endpoints those of this cluster, and those that have not said yet of which they are. */
export function seatsOf(
  members: readonly ListedMember[],
  endpoints: readonly EndpointReading[],
): readonly Seat[] {
  const free = new Set(endpoints);
  const take = (matches: (reading: EndpointReading) => boolean): EndpointReading | null => {
    const found = [...free].filter(matches);
    // Of several addresses of one member, one that answers speaks for it.
    const best = found.find(({ answers }) => answers) ?? found[0] ?? null;
    for (const reading of found) if (reading.status !== null || reading === best) free.delete(reading);
    return best;
  };
  const listed = [...members].sort(byName).map((member): Seat => {
    const urls = member.clientUrls.map(readEndpoint).filter((one) => typeof one === "string");
    const reading = take(({ status }) => status?.header.memberId === member.id) ??
      take(({ endpoint, status }) => status === null && urls.includes(endpoint));
    return {
      key: member.id,
      id: member.id,
      name: member.name === "" ? member.id : member.name,
      isLearner: member.isLearner,
      peerUrls: member.peerUrls,
      endpoint: reading?.endpoint ?? null,
      offered: reading === null ? urls[0] ?? null : null,
      state: reading !== null ? stateOf(reading) : member.name === "" ? "unstarted" : "notAsked",
    };
  });
  const others = [...free].map((reading): Seat => ({
    key: reading.endpoint,
    id: reading.status?.header.memberId ?? null,
    name: hostOf(reading.endpoint),
    isLearner: false,
    peerUrls: [],
    endpoint: reading.endpoint,
    offered: null,
    state: stateOf(reading),
  }));
  return [...listed, ...others].slice(0, SEAT_COUNT_MAX);
}

function stateOf({ answers, trouble }: EndpointReading): SeatState {
  return answers ? "answers" : trouble === null ? "asking" : "silent";
}

/** infra2 before infra10; those without a name last. */
function byName(a: ListedMember, b: ListedMember): number {
  if ((a.name === "") !== (b.name === "")) return a.name === "" ? 1 : -1;
  return a.name.localeCompare(b.name, "en", { numeric: true }) || (a.id < b.id ? -1 : 1);
}

export interface Leadership {
  readonly id: HexId;
  readonly term: number;
}

/** Who leads, by the word of those in the newest term that know a leader; null where nobody knows one. */
export function leadershipOf(statuses: readonly Status[]): Leadership | null {
  let newest: Leadership | null = null;
  for (const { leader, term } of statuses) {
    if (leader !== null && (newest === null || term > newest.term)) newest = { id: leader, term };
  }
  // Whoever has moved on to a newer term without a leader knows that the old one is over.
  return newest !== null && statuses.some(({ term, leader }) => term > newest.term && leader === null)
    ? null
    : newest;
}

/** Members that count towards a quorum, and how many make one. */
export function quorumOf(seats: readonly Seat[]): { voters: number; needed: number; answering: number } {
  const voters = seats.filter(({ id, isLearner }) => id !== null && !isLearner);
  return {
    voters: voters.length,
    needed: Math.floor(voters.length / 2) + 1,
    answering: voters.filter(({ state }) => state === "answers").length,
  };
}
