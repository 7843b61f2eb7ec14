// Watches a simulated cluster and convicts it: after every event of a member, what changed is held against everything
// seen so far, of all members. Cheap enough to run always, because only the member that moved is looked at.

import { crc32c } from "../base/crc32c.ts";
import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { Member } from "../member/member.ts";
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
}

export interface ClusterInvariantsState {
  readonly seen: readonly (readonly [MemberId, Seen])[];
  readonly vows: readonly (readonly [MemberId, Vow])[];
  readonly committed: readonly (readonly [LogIndex, Committed])[];
  readonly leaders: readonly (readonly [Term, MemberId])[];
  readonly hashes: readonly (readonly [LogIndex, string])[];
  readonly checkCount: number;
}

/** Keys are hashed at every applied index that is a multiple of this: a hash walks them all. */
const HASH_EVERY = 16;

export class ClusterInvariants implements SimObserver {
  #seen = new Map<MemberId, Seen>();
  #vows = new Map<MemberId, Vow>();
  #committed = new Map<LogIndex, Committed>();
  #lastCommitted: LogIndex = 0;
  #leaders = new Map<Term, MemberId>();
  #hashes = new Map<LogIndex, string>();
  #checkCount = 0;

  constructor(from?: ClusterInvariantsState) {
    if (!from) return;
    this.#seen = new Map(from.seen);
    this.#vows = new Map(from.vows.map(([id, vow]) => [id, { ...vow }]));
    this.#committed = new Map(from.committed);
    this.#lastCommitted = Math.max(0, ...this.#committed.keys());
    this.#leaders = new Map(from.leaders);
    this.#hashes = new Map(from.hashes);
    this.#checkCount = from.checkCount;
  }

  capture(): ClusterInvariantsState {
    return {
      seen: [...this.#seen],
      vows: [...this.#vows].map(([id, vow]) => [id, { ...vow }]),
      committed: [...this.#committed],
      leaders: [...this.#leaders],
      hashes: [...this.#hashes],
      checkCount: this.#checkCount,
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
      case "overwritten":
        // What a newer leader replaces was never committed; the promise about it is void.
        if (event.first <= vow.index) {
          vow.index = event.first - 1;
          vow.indexTerm = 0;
        }
        break;
    }
  }

  afterStep(sim: ClusterSim, id: MemberId): void {
    const { member } = sim.member(id);
    if (!member) return;
    this.#checkCount += 1;
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
  }

  /** What came back from the disk must hold everything that was promised before. */
  onRestart(sim: ClusterSim, id: MemberId): void {
    const { member } = sim.member(id);
    const vow = this.#vowOf(id);
    if (!member) return;
    if (member.term < vow.term) {
      fail("durableBeforeAnswer", id, `answered in term ${vow.term}, came back in term ${member.term}`);
    }
    if (member.term === vow.term && vow.vote !== null && member.vote !== vow.vote) {
      fail(
        "durableBeforeAnswer",
        id,
        `voted for ${vow.vote} in term ${vow.term}, now has ${member.vote}`,
      );
    }
    if (vow.index === 0 || vow.index < member.firstIndex) return;
    const term = member.termAt(vow.index);
    if (term !== vow.indexTerm && vow.indexTerm !== 0) {
      fail(
        "durableBeforeAnswer",
        id,
        `acknowledged entry ${vow.index} of term ${vow.indexTerm}, came back with term ${term} there`,
      );
    }
  }

  onWipe(id: MemberId): void {
    this.#vows.delete(id);
    this.#seen.delete(id);
  }

  #vowOf(id: MemberId): Vow {
    let vow = this.#vows.get(id);
    if (!vow) this.#vows.set(id, vow = { term: 0, vote: null, index: 0, indexTerm: 0 });
    return vow;
  }

  #checkMonotone(id: MemberId, before: Seen, now: Seen): void {
    if (now.term < before.term) fail("monotone", id, `term fell from ${before.term} to ${now.term}`);
    if (now.commit < before.commit) {
      fail("monotone", id, `commit fell from ${before.commit} to ${now.commit}`);
    }
    if (now.term === before.term && before.vote !== null && now.vote !== before.vote) {
      fail("monotone", id, `its vote in term ${now.term} went from ${before.vote} to ${now.vote}`);
    }
  }

  #checkNewLeader(id: MemberId, member: Member, term: Term): void {
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== id) {
      throw new Violation("oneLeaderPerTerm", [other, id], `${other} and ${id} both lead term ${term}`);
    }
    this.#leaders.set(term, id);
    // By log matching, holding the last committed entry is holding them all.
    const index = this.#lastCommitted;
    const committed = this.#committed.get(index);
    if (!committed || committed.term >= term || index < member.firstIndex) return;
    if (member.termAt(index) !== committed.term) {
      fail(
        "leaderCompleteness",
        id,
        `leads term ${term}, but has term ${
          member.termAt(index)
        } at ${index}, committed there in term ${committed.term}`,
      );
    }
  }

  #checkCommitted(id: MemberId, member: Member, from: LogIndex, to: LogIndex): void {
    for (let index = Math.max(from + 1, member.firstIndex); index <= to; index++) {
      const entry = member.entryAt(index);
      const now: Committed = { term: entry.term, crc: crc32c(entry.data), by: id };
      const first = this.#committed.get(index);
      if (!first) {
        this.#committed.set(index, now);
        this.#lastCommitted = Math.max(this.#lastCommitted, index);
      } else if (first.term !== now.term || first.crc !== now.crc) {
        throw new Violation(
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
      fail("statesAgree", id, `keys at index ${applied} hash to ${hash}, elsewhere to ${known}`);
    }
  }
}

function sameSeen(a: Seen, b: Seen): boolean {
  return a.term === b.term && a.vote === b.vote && a.commit === b.commit && a.applied === b.applied &&
    a.leads === b.leads;
}

function fail(invariant: InvariantName, member: MemberId, message: string): never {
  throw new Violation(invariant, [member], `${member} ${message}`);
}
