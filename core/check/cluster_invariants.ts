// Watches a simulated cluster and convicts it: after every event of a member, what changed is held against everything
// seen so far, of all members. Cheap enough to run always, because only the member that moved is looked at.

import { crc32c } from "../base/crc32c.ts";
import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { Member } from "../member/member.ts";
import { decodeMessage } from "../wire/peer_codec.ts";
import type { ClusterSim, SimObserver, TraceRecord } from "../sim/cluster_sim.ts";
import { type InvariantName, Violation } from "./violation.ts";

/** What a member looked like when it was last checked, in this life. */
interface Seen {
  readonly term: Term;
  readonly vote: MemberId | null;
  readonly commit: LogIndex;
  readonly applied: LogIndex;
  readonly leads: boolean;
}

/** What a member has told others, and must therefore remember for good. */
interface Vow {
  term: Term;
  vote: MemberId | null;
  /** Up to here it has acknowledged entries, with the term of the last one. */
  index: LogIndex;
  indexTerm: Term;
}

/** An entry as it was first seen committed. */
interface Committed {
  readonly term: Term;
  readonly crc: number;
  readonly by: MemberId;
  /** The term `by` was in: every leader of a later one holds this entry. */
  readonly inTerm: Term;
}

/** An entry as it was first seen in a log; `previousTerm` null: what stood before it was compacted away. */
interface Logged {
  readonly crc: number;
  readonly previousTerm: Term | null;
  readonly by: MemberId;
}

/** What an append or a cut touched in the step under way. */
interface Touched {
  appendedFirst: LogIndex;
  erasedFirst: LogIndex;
  erasedLast: LogIndex;
}

export interface ClusterInvariantsState {
  readonly seen: readonly (readonly [MemberId, Seen])[];
  readonly vows: readonly (readonly [MemberId, Vow])[];
  readonly committed: readonly (readonly [LogIndex, Committed])[];
  readonly leaders: readonly (readonly [Term, MemberId])[];
  readonly hashes: readonly (readonly [LogIndex, string])[];
  readonly logged: readonly (readonly [number, Logged])[];
  readonly logs: readonly (readonly [MemberId, readonly Term[]])[];
  readonly checkCount: number;
  readonly frameCount: number;
}

/** One frame of so many is opened to see who claims to lead. */
const FRAME_EVERY = 16;
/** Names an index and a term by one number. */
const PLACE = 2 ** 26;

/** Keys are hashed at every applied index that is a multiple of this: a hash walks them all. */
const HASH_EVERY = 16;

export class ClusterInvariants implements SimObserver {
  #seen = new Map<MemberId, Seen>();
  #vows = new Map<MemberId, Vow>();
  #committed = new Map<LogIndex, Committed>();
  #lastCommitted: LogIndex = 0;
  #leaders = new Map<Term, MemberId>();
  #hashes = new Map<LogIndex, string>();
  /** By term and index. */
  #logged = new Map<number, Logged>();
  /** Each member's log in this life, terms by index. */
  #logs = new Map<MemberId, Term[]>();
  /** Filled by traces, emptied after each step. */
  #touched = new Map<MemberId, Touched>();
  #checkCount = 0;
  #frameCount = 0;
  readonly #watched: ReadonlySet<InvariantName> | null;

  /** @param watched the rules that convict; null: all of them. */
  constructor(from?: ClusterInvariantsState, watched: ReadonlySet<InvariantName> | null = null) {
    this.#watched = watched;
    if (!from) return;
    this.#seen = new Map(from.seen);
    this.#vows = new Map(from.vows.map(([id, vow]) => [id, { ...vow }]));
    this.#committed = new Map(from.committed);
    this.#lastCommitted = Math.max(0, ...this.#committed.keys());
    this.#leaders = new Map(from.leaders);
    this.#hashes = new Map(from.hashes);
    this.#logged = new Map(from.logged);
    this.#logs = new Map(from.logs.map(([id, terms]) => [id, [...terms]]));
    this.#checkCount = from.checkCount;
    this.#frameCount = from.frameCount;
  }

  capture(): ClusterInvariantsState {
    return {
      seen: [...this.#seen],
      vows: [...this.#vows].map(([id, vow]) => [id, { ...vow }]),
      committed: [...this.#committed],
      leaders: [...this.#leaders],
      hashes: [...this.#hashes],
      logged: [...this.#logged],
      logs: [...this.#logs].map(([id, terms]) => [id, [...terms]]),
      checkCount: this.#checkCount,
      frameCount: this.#frameCount,
    };
  }

  /** How many times a member was held against the rules. */
  get checkCount(): number {
    return this.#checkCount;
  }

  /** The highest index that any member has known to be committed. */
  get lastCommitted(): LogIndex {
    return this.#lastCommitted;
  }

  onTrace({ member, event }: TraceRecord): void {
    const vow = this.#vowOf(member);
    switch (event.kind) {
      case "promised":
        if (event.term > vow.term) {
          vow.term = event.term;
          vow.vote = null;
        }
        if (event.term === vow.term) vow.vote ??= event.vote;
        if (event.acknowledged) {
          vow.index = event.acknowledged.index;
          vow.indexTerm = event.acknowledged.term;
        }
        break;
      case "appended": {
        const touched = this.#touchedOf(member);
        touched.appendedFirst = Math.min(touched.appendedFirst, event.first);
        break;
      }
      case "overwritten": {
        // What a newer leader replaces was never committed; the promise about it is void.
        if (event.first <= vow.index) {
          vow.index = event.first - 1;
          vow.indexTerm = 0;
        }
        const touched = this.#touchedOf(member);
        touched.erasedFirst = Math.min(touched.erasedFirst, event.first);
        touched.erasedLast = Math.max(touched.erasedLast, event.last);
        break;
      }
    }
  }

  /** Whoever sends as a leader says which term it leads. */
  onSend(from: MemberId, _to: MemberId, frame: Uint8Array): void {
    this.#frameCount += 1;
    if (this.#frameCount % FRAME_EVERY !== 0) return;
    const message = decodeMessage(frame);
    switch (message.kind) {
      case "append":
      case "heartbeat":
      case "snapshot":
        this.#checkOneLeader(from, message.term, "sends as leader of");
    }
  }

  afterStep(sim: ClusterSim, id: MemberId): void {
    const { member } = sim.member(id);
    if (!member) return;
    this.#checkCount += 1;
    const touched = this.#touched.get(id);
    if (touched) {
      this.#touched.delete(id);
      this.#checkLog(id, member, touched);
    }
    const before = this.#seen.get(id) ?? null;
    const now: Seen = {
      term: member.term,
      vote: member.vote,
      commit: member.commit,
      applied: member.applied,
      leads: member.leads,
    };
    if (before && sameSeen(before, now)) return;
    this.#seen.set(id, now);
    if (before) this.#checkMonotone(id, before, now);
    if (now.leads && !(before?.leads && before.term === now.term)) this.#checkNewLeader(id, member, now.term);
    this.#checkCommitted(id, member, before?.commit ?? 0, now.commit);
    if (before === null || now.applied !== before.applied) this.#checkState(id, member, now.applied);
  }

  onCrash(_sim: ClusterSim, id: MemberId): void {
    this.#seen.delete(id);
    this.#logs.delete(id);
    this.#touched.delete(id);
  }

  /** What came back from the disk must hold everything that was promised before. */
  onRestart(sim: ClusterSim, id: MemberId): void {
    const { member, state, why, damaged } = sim.member(id);
    const vow = this.#vowOf(id);
    if (!member) {
      if (state === "refused" && !damaged) this.#fail("comesBack", id, `cannot come back: ${why}`);
      return;
    }
    this.#readLog(id, member);
    if (damaged) return;
    if (member.term < vow.term) {
      this.#fail("durableBeforeAnswer", id, `answered in term ${vow.term}, came back in term ${member.term}`);
    }
    if (member.term === vow.term && vow.vote !== null && member.vote !== vow.vote) {
      this.#fail(
        "durableBeforeAnswer",
        id,
        `voted for ${vow.vote} in term ${vow.term}, now has ${member.vote}`,
      );
    }
    if (vow.index === 0 || vow.index < member.firstIndex) return;
    const term = member.termAt(vow.index);
    if (term !== vow.indexTerm && vow.indexTerm !== 0) {
      this.#fail(
        "durableBeforeAnswer",
        id,
        `acknowledged entry ${vow.index} of term ${vow.indexTerm}, came back with term ${term} there`,
      );
    }
  }

  onWipe(id: MemberId): void {
    this.#vows.delete(id);
    this.#seen.delete(id);
    this.#logs.delete(id);
  }

  #touchedOf(id: MemberId): Touched {
    let touched = this.#touched.get(id);
    if (!touched) {
      this.#touched.set(id, touched = { appendedFirst: Infinity, erasedFirst: Infinity, erasedLast: 0 });
    }
    return touched;
  }

  #readLog(id: MemberId, member: Member): Term[] {
    const terms: Term[] = [];
    for (let index = member.firstIndex; index <= member.lastIndex; index++) {
      terms[index] = member.termAt(index)!;
    }
    this.#logs.set(id, terms);
    return terms;
  }

  /**
   * What was cut had better not be committed, and what was appended must be what others hold at the same index and
   * term, behind an entry of the same term: so, entry by entry, equal positions mean equal logs.
   */
  #checkLog(id: MemberId, member: Member, { appendedFirst, erasedFirst, erasedLast }: Touched): void {
    const terms = this.#logs.get(id) ?? this.#readLog(id, member);
    for (let index = erasedFirst; index <= Math.min(erasedLast, this.#lastCommitted); index++) {
      const committed = this.#committed.get(index);
      if (!committed || terms[index] !== committed.term || member.term < committed.inTerm) continue;
      if (index < member.firstIndex || member.termAt(index) === committed.term) continue;
      this.#fail(
        "committedNeverChanges",
        id,
        `cuts entry ${index} of term ${committed.term}, which ${committed.by} knows to be committed`,
      );
    }
    const first = Math.max(Math.min(appendedFirst, erasedFirst), member.firstIndex);
    for (let index = first; index <= member.lastIndex; index++) {
      const { term, data } = member.entryAt(index);
      terms[index] = term;
      const now: Logged = { crc: crc32c(data), previousTerm: member.termAt(index - 1), by: id };
      const place = term * PLACE + index;
      const known = this.#logged.get(place);
      if (!known || (known.previousTerm === null && known.crc === now.crc)) this.#logged.set(place, now);
      else if (
        known.crc !== now.crc || (now.previousTerm !== null && now.previousTerm !== known.previousTerm)
      ) {
        this.#convict(
          "logMatching",
          [known.by, id],
          `entry ${index} of term ${term} is not the same, or not behind the same, at ${known.by} and ${id}`,
        );
      }
    }
    terms.length = member.lastIndex + 1;
  }

  #vowOf(id: MemberId): Vow {
    let vow = this.#vows.get(id);
    if (!vow) this.#vows.set(id, vow = { term: 0, vote: null, index: 0, indexTerm: 0 });
    return vow;
  }

  #checkMonotone(id: MemberId, before: Seen, now: Seen): void {
    if (now.term < before.term) this.#fail("monotone", id, `term fell from ${before.term} to ${now.term}`);
    if (now.commit < before.commit) {
      this.#fail("monotone", id, `commit fell from ${before.commit} to ${now.commit}`);
    }
    if (now.term === before.term && before.vote !== null && now.vote !== before.vote) {
      this.#fail("monotone", id, `its vote in term ${now.term} went from ${before.vote} to ${now.vote}`);
    }
  }

  #checkNewLeader(id: MemberId, member: Member, term: Term): void {
    this.#checkOneLeader(id, term, "leads");
    // By log matching, holding the last committed entry is holding them all.
    const index = this.#lastCommitted;
    const committed = this.#committed.get(index);
    if (!committed || committed.term >= term || index < member.firstIndex) return;
    if (member.termAt(index) !== committed.term) {
      this.#fail(
        "leaderCompleteness",
        id,
        `leads term ${term}, but has term ${
          member.termAt(index)
        } at ${index}, committed there in term ${committed.term}`,
      );
    }
  }

  #checkOneLeader(id: MemberId, term: Term, does: string): void {
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== id) {
      this.#convict("oneLeaderPerTerm", [other, id], `${id} ${does} term ${term}, which ${other} leads`);
    }
    this.#leaders.set(term, id);
  }

  #checkCommitted(id: MemberId, member: Member, from: LogIndex, to: LogIndex): void {
    for (let index = Math.max(from + 1, member.firstIndex); index <= to; index++) {
      const entry = member.entryAt(index);
      const now: Committed = { term: entry.term, crc: crc32c(entry.data), by: id, inTerm: member.term };
      const first = this.#committed.get(index);
      if (!first) {
        this.#committed.set(index, now);
        this.#lastCommitted = Math.max(this.#lastCommitted, index);
      } else if (first.term !== now.term || first.crc !== now.crc) {
        this.#convict(
          first.term === now.term ? "logMatching" : "committedNeverChanges",
          [first.by, id],
          `index ${index} was committed with term ${first.term} at ${first.by}, and with term ${now.term} at ${id}`,
        );
      }
    }
  }

  #checkState(id: MemberId, member: Member, applied: LogIndex): void {
    if (applied % HASH_EVERY !== 0) return;
    const hash = member.kvHash;
    const known = this.#hashes.get(applied);
    if (known === undefined) this.#hashes.set(applied, hash);
    else if (known !== hash) {
      this.#fail("statesAgree", id, `keys at index ${applied} hash to ${hash}, elsewhere to ${known}`);
    }
  }

  #fail(invariant: InvariantName, member: MemberId, message: string): void {
    this.#convict(invariant, [member], `${member} ${message}`);
  }

  #convict(invariant: InvariantName, members: readonly MemberId[], message: string): void {
    if (this.#watched?.has(invariant) ?? true) throw new Violation(invariant, members, message);
  }
}

function sameSeen(a: Seen, b: Seen): boolean {
  return a.term === b.term && a.vote === b.vote && a.commit === b.commit && a.applied === b.applied &&
    a.leads === b.leads;
}
