// What a lesson waits for: predicates over what happens to a cluster, by name, each a story told moment by moment. A
// watch is shown every moment and returns at the one that makes it true; which button or command led there is all one.
//
// A watch may yield a note of how far it has come. It sees only what comes after it was opened.

import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import { isEtcdError } from "../base/etcd_error.ts";
import type { ClientOperation } from "../check/history.ts";
import type { ClientRequest } from "../member/io.ts";
import type { OperatorAction } from "../sim/actions.ts";
import {
  type ClusterNow,
  type Happening,
  leaderIn,
  memberIn,
  type MemberNow,
  type Moment,
  quorumIn,
  sidesOf,
} from "./happening.ts";
import { suggestion } from "./scenario_error.ts";

/** Shown moments by `next`; done at the moment that fulfils it. */
export type Watch = Generator<string | undefined, void, Moment>;

type Story = (words: readonly string[]) => Watch;

interface Rule {
  readonly usage: string;
  readonly story: Story;
}

/** Every condition by its name. */
const RULES: Readonly<Record<string, Rule>> = {
  // --- what the reader does on the page
  "deed": { usage: "deed <word>… : the reader did exactly this", story: deed },
  "cards": { usage: "cards <card>… : each of these cards was opened on the stage", story: cards },

  // --- elections
  "role": { usage: "role <role> : some member takes this role", story: role },
  "new-leader-after-crash": { usage: "new-leader-after-crash", story: newLeaderAfterCrash },
  "split-vote": {
    usage: "split-vote : a term with two candidates and no leader, then one with a leader",
    story: splitVote,
  },
  "elected-under": {
    usage: "elected-under <rules>… : a leader crashes and another follows, under each of these rules",
    story: electedUnder,
  },

  // --- commit
  "commit-watched": {
    usage:
      "commit-watched <disks> : an entry on so many disks and open, later committed, its client answered after",
    story: commitWatched,
  },
  "two-ends": {
    usage: "two-ends : an entry open at its leader's crash ends committed in one run, replaced in another",
    story: twoEnds,
  },

  // --- how many
  "tolerance": { usage: "tolerance <size>", story: tolerance },
  "years": {
    usage:
      "years <size> <hours> <percent> : measured over at least so many hours, within so much of the formula",
    story: years,
  },
  "availabilities": {
    usage: "availabilities <count> : measured with so many settings",
    story: availabilities,
  },
  "stressed": { usage: "stressed <count> : writes were measured at so many sizes", story: stressed },

  // --- walls
  "wall": { usage: "wall <count>|<count>", story: wall },
  "writes-fail-on-both-sides": { usage: "writes-fail-on-both-sides", story: writesFailOnBothSides },
  "no-quorum-for": {
    usage: "no-quorum-for <timeouts> : so many election timeouts under a wall, and nobody leads a quorum",
    story: noQuorumFor,
  },
  "healed": { usage: "healed : a wall stood, all links are open, one leader has a quorum", story: healed },
  "write-under-wall": { usage: "write-under-wall <count>|<count> : a write succeeds", story: writeUnderWall },

  // --- stale leader
  "stale-read": {
    usage: "stale-read : a serializable read answers with a revision that others have left behind",
    story: staleRead,
  },
  "read-refused": { usage: "read-refused : a linearizable read fails under a wall", story: readRefused },
  "minority-write-lost": {
    usage: "minority-write-lost : a write under a wall is never confirmed, and its entry is replaced",
    story: minorityWriteLost,
  },
  "stepped-down-under": { usage: "stepped-down-under etcd", story: steppedDownUnder },
  "still-leads-under": {
    usage: "still-leads-under textbook : two members lead, of different terms",
    story: stillLeadsUnder,
  },

  // --- crash and recovery
  "torn-tail": {
    usage: "torn-tail : a restart finds term and vote as they were, and a tail that is gone",
    story: tornTail,
  },
  "kept-log": { usage: "kept-log : a restart reads back all that was on disk", story: keptLog },
  "snapshot-installed": { usage: "snapshot-installed", story: snapshotInstalled },
  "wiped-refused": {
    usage: "wiped-refused : a member with an emptied disk is not let back in",
    story: wipedRefused,
  },

  // --- starting
  "started": {
    usage: "started static|discovery|dns <count> : so many members of one cluster run",
    story: started,
  },
  "refusal": { usage: "refusal <words>… : a start was refused, saying this", story: refusal },
  "cured": {
    usage: "cured <count> : so many that were refused or strangers started afterwards",
    story: cured,
  },
  "flags-ignored": { usage: "flags-ignored : a restart did not look at initial flags", story: flagsIgnored },
  "start-result": { usage: "start-result <result> [v2|today]", story: startResult },
  "clusters-found": {
    usage: "clusters-found <count> : discovery made so many clusters",
    story: clustersFound,
  },

  // --- members come and go
  "added-and-stuck": {
    usage: "added-and-stuck : an added voter has not started, and nobody leads",
    story: addedAndStuck,
  },
  "learner-never-stuck": {
    usage: "learner-never-stuck : a learner is added and started, and a leader is there all along",
    story: learnerNeverStuck,
  },
  "refused-change": { usage: "refused-change <kind> <words>…", story: refusedChange },
  "accepted-change": { usage: "accepted-change <kind>", story: acceptedChange },
  "replaced": {
    usage: "replaced : with one stopped, it is removed, another added and started, a quorum kept throughout",
    story: replaced,
  },

  // --- clients that stay
  "watching": { usage: "watching <count> : so many watches were created", story: watching },
  "expired": {
    usage: "expired <prefix> : a watch is told of a deletion that no client asked for",
    story: expired,
  },
  "race-and-retry": {
    usage: "race-and-retry : a transaction's compare fails, a later one succeeds",
    story: raceAndRetry,
  },
  "replayed": {
    usage: "replayed <count> : a watch from a past revision is told so many changes",
    story: replayed,
  },
  "relisted": {
    usage: "relisted : a watch from too far back is ended, the keys are read, a watch goes on from there",
    story: relisted,
  },
  "lease-outlives-leader": {
    usage:
      "lease-outlives-leader : the leader changes, and a lease granted before is alive longer than its time",
    story: leaseOutlivesLeader,
  },

  // --- challenges
  "down-with-majority": {
    usage:
      "down-with-majority <timeouts> : a majority runs, for so long nobody leads a quorum and a write fails",
    story: downWithMajority,
  },
  "outage-by-one-cut": {
    usage:
      "outage-by-one-cut <milliseconds> : one wall, all running, and no leader with a quorum for so long",
    story: outageByOneCut,
  },
  "committed-gone": {
    usage: "committed-gone : an entry that was committed is gone; Raft does not let this happen",
    story: committedGone,
  },
};

/** Names and usages, for the checker and the guide. */
export function conditionUsages(): readonly string[] {
  return Object.values(RULES).map(({ usage }) => usage);
}

/** What is wrong with a condition's words, or null. */
export function troubleWith([name = "", ...words]: readonly string[]): string | null {
  const rule = RULES[name];
  if (!rule) return `there is no condition "${name}"${suggestion(name, Object.keys(RULES))}`;
  const wanted = rule.usage.split(" : ")[0]!.split(" ").slice(1);
  const least = wanted.filter((word) => !word.startsWith("[")).length;
  const isOpen = wanted.some((word) => word.endsWith("…"));
  const fits = words.length >= least && (isOpen || words.length <= wanted.length);
  const numbers = wanted.every((word, i) => !NUMBER_WORDS.has(word) || /^\d+(\|\d+)?$/.test(words[i] ?? ""));
  return fits && numbers ? null : `usage: ${rule.usage}`;
}

const NUMBER_WORDS = new Set([
  "<disks>",
  "<size>",
  "<hours>",
  "<percent>",
  "<count>",
  "<timeouts>",
  "<milliseconds>",
  "<count>|<count>",
]);

/** A fresh watch. @param words such as `troubleWith` finds nothing wrong with. */
export function openCondition([name = "", ...words]: readonly string[]): Watch {
  const watch = RULES[name]!.story(words);
  // The first call runs up to the first yield: only then is there someone to show moments to.
  watch.next(NOTHING_YET);
  return watch;
}

const NOTHING_YET: Moment = { number: 0, atMs: 0, cluster: null, what: { kind: "cluster" } };

// --- Parts of stories ------------------------------------------------------------------------------------------

type Of<K extends Happening["kind"]> = Extract<Happening, { readonly kind: K }>;

/** Waits for a moment that passes. */
function* until(passes: (moment: Moment) => boolean): Generator<undefined, Moment, Moment> {
  let moment = yield;
  while (!passes(moment)) moment = yield;
  return moment;
}

function is<K extends Happening["kind"]>({ what }: Moment, kind: K): Of<K> | null {
  return what.kind === kind ? (what as Of<K>) : null;
}

function actOf(moment: Moment): OperatorAction | null {
  return is(moment, "act")?.action ?? null;
}

function answerOf(moment: Moment): ClientOperation | null {
  return is(moment, "answered")?.operation ?? null;
}

function isWrite({ kind }: ClientRequest): boolean {
  return kind === "put" || kind === "txn" || kind === "deleteRange";
}

function isOk(operation: ClientOperation): boolean {
  return operation.outcome === "ok";
}

/** Whether this member can speak, both ways, with a majority that runs. */
function reachesQuorum(cluster: ClusterNow, { id }: MemberNow): boolean {
  const reached = cluster.members.filter((other) =>
    other.state === "running" && !cluster.isCut(id, other.id) && !cluster.isCut(other.id, id)
  );
  return reached.length >= quorumIn(cluster);
}

/** The leader that has a majority behind it, if any. */
function workingLeader(cluster: ClusterNow): MemberNow | null {
  const leaders = cluster.members.filter(({ state, role }) => state === "running" && role === "leader");
  return leaders.find((leader) => reachesQuorum(cluster, leader)) ?? null;
}

function parts(cluster: ClusterNow): string {
  return sidesOf(cluster).map(({ length }) => length).sort((a, b) => b - a).join("|");
}

function isSame(word: string, cluster: ClusterNow): boolean {
  return parts(cluster) === word.split("|").map(Number).sort((a, b) => b - a).join("|");
}

// --- Stories ---------------------------------------------------------------------------------------------------

function* deed(words: readonly string[]): Watch {
  yield* until((moment) => is(moment, "deed")?.words.join(" ") === words.join(" "));
}

function* cards(words: readonly string[]): Watch {
  const missing = new Set(words);
  while (missing.size > 0) {
    const moment: Moment = yield `${words.length - missing.size}/${words.length}`;
    const [verb, card] = is(moment, "deed")?.words ?? [];
    if (verb === "card" && card !== undefined) missing.delete(card);
  }
}

function* role([wanted]: readonly string[]): Watch {
  yield* until((moment) => {
    const event = is(moment, "trace")?.event;
    return event?.kind === "role" && event.role === wanted;
  });
}

/** The leader was crashed at this moment. */
function leaderCrash(moment: Moment, leads: MemberId | null): boolean {
  const act = actOf(moment);
  return act?.kind === "crash" && act.member === leads;
}

/** Follows who leads. One that goes down while leading is remembered: its clients hear of it before we do. */
function leaderKeeper(): (moment: Moment) => MemberId | null {
  let leads: MemberId | null = null;
  return ({ cluster, what }) => {
    const before = what.kind === "cluster" ? null : leads;
    if (!cluster) return before;
    const leader = leaderIn(cluster);
    const isDown = leads !== null && memberIn(cluster, leads)?.state !== "running";
    if (leader || !isDown || what.kind === "cluster") leads = leader?.id ?? null;
    return before;
  };
}

function* newLeaderAfterCrash(): Watch {
  const ledBefore = leaderKeeper();
  let crash = yield;
  while (!leaderCrash(crash, ledBefore(crash))) crash = yield;
  const { number } = crash.cluster!;
  yield* until((moment) => moment.cluster?.number === number && leaderIn(moment.cluster) !== null);
}

function* splitVote(): Watch {
  let clusterNumber = 0;
  const candidates = new Map<Term, Set<MemberId>>();
  const led = new Set<Term>();
  let split = false;
  for (;;) {
    const moment: Moment = yield split ? "1/2" : undefined;
    const cluster = moment.cluster?.number ?? clusterNumber;
    if (cluster !== clusterNumber) {
      clusterNumber = cluster;
      candidates.clear();
      led.clear();
      split = false;
    }
    const trace = is(moment, "trace");
    if (trace?.event.kind !== "role") continue;
    const { role, term } = trace.event;
    if (role === "leader") {
      led.add(term);
      if (split) return;
    }
    if (role !== "candidate") continue;
    candidates.set(term, (candidates.get(term) ?? new Set()).add(trace.member));
    // Over when somebody campaigns in a later term: the term before had its chance.
    split ||= [...candidates].some(([other, who]) => other < term && who.size >= 2 && !led.has(other));
  }
}

function* electedUnder(rules: readonly string[]): Watch {
  const missing = new Set(rules);
  const ledBefore = leaderKeeper();
  let crashedIn = 0;
  while (missing.size > 0) {
    const moment: Moment = yield `${rules.length - missing.size}/${rules.length}`;
    const led = ledBefore(moment);
    const { cluster } = moment;
    if (!cluster) continue;
    if (leaderCrash(moment, led)) crashedIn = cluster.number;
    else if (crashedIn === cluster.number && leaderIn(cluster)) missing.delete(cluster.rules);
  }
}

function* commitWatched([disks]: readonly string[]): Watch {
  const wanted = Number(disks);
  const seenOpen = new Set<string>();
  const closed = new Set<string>();
  for (;;) {
    const moment: Moment = yield seenOpen.size > 0 ? "1/2" : undefined;
    const { cluster } = moment;
    const leader = cluster && leaderIn(cluster);
    if (!cluster || !leader) continue;
    const operation = answerOf(moment);
    if (operation && isOk(operation) && isWrite(operation.request)) {
      // An answer comes after the commit it tells of: what is closed by now may be what it is about.
      if (closed.size > 0) return;
    }
    for (let index = leader.commit + 1; index <= leader.lastIndex; index++) {
      const term = leader.termAt(index);
      const count = cluster.members.filter((member) =>
        member.state === "running" && member.durableIndex >= index && member.termAt(index) === term
      ).length;
      if (count === wanted) {
        seenOpen.add(`${cluster.number}/${index}/${term}`);
      }
    }
    for (const key of seenOpen) {
      const [number, index, term] = key.split("/").map(Number);
      if (number === cluster.number && leader.commit >= index! && leader.termAt(index!) === term) {
        closed.add(key);
      }
    }
  }
}

function* twoEnds(): Watch {
  const ledBefore = leaderKeeper();
  /** Of the run at hand: what lay open when its leader crashed. */
  let open: { cluster: number; index: LogIndex; term: Term } | null = null;
  let tail: { commit: LogIndex; last: LogIndex; lastTerm: Term | null; id: MemberId } | null = null;
  const ends = new Map<LogIndex, Set<"kept" | "replaced">>();
  const isBoth = () => [...ends.values()].some((end) => end.size === 2);
  for (;;) {
    const moment: Moment = yield ends.size > 0 ? "1/2" : undefined;
    const led = ledBefore(moment);
    const { cluster } = moment;
    if (!cluster) continue;
    if (
      leaderCrash(moment, led) && tail?.id === led && tail!.last > tail!.commit && tail!.lastTerm !== null
    ) {
      open = { cluster: cluster.number, index: tail!.last, term: tail!.lastTerm };
    }
    const leader = leaderIn(cluster);
    if (leader) {
      const { id, commit, lastIndex: last } = leader;
      tail = { id, commit, last, lastTerm: leader.termAt(last) };
    }
    if (!open || open.cluster !== cluster.number || !leader || leader.commit < open.index) continue;
    const end = leader.termAt(open.index) === open.term ? "kept" : "replaced";
    ends.set(open.index, (ends.get(open.index) ?? new Set()).add(end));
    open = null;
    if (isBoth()) return;
  }
}

function* tolerance([size]: readonly string[]): Watch {
  const members = Number(size);
  const tolerated = members - (Math.floor(members / 2) + 1);
  let clusterNumber = 0;
  let reached = 0;
  const stages: readonly ((write: ClientOperation, down: number) => boolean)[] = [
    (write, down) => down === tolerated && isOk(write),
    (write, down) => down === tolerated + 1 && !isOk(write),
    (write, down) => down <= tolerated && isOk(write),
  ];
  while (reached < stages.length) {
    const moment: Moment = yield `${reached}/${stages.length}`;
    const { cluster } = moment;
    if (!cluster || cluster.members.length !== members) continue;
    if (cluster.number !== clusterNumber) {
      clusterNumber = cluster.number;
      reached = 0;
    }
    const write = answerOf(moment);
    if (!write || !isWrite(write.request)) continue;
    const down = cluster.members.filter(({ state }) => state !== "running").length;
    if (stages[reached]!(write, down)) reached += 1;
  }
}

function* years([size, hours, percent]: readonly string[]): Watch {
  yield* until((moment) => {
    const run = is(moment, "years");
    if (!run || run.size !== Number(size) || run.hours < Number(hours)) return false;
    return Math.abs(run.measuredDown - run.formulaDown) <= (run.formulaDown * Number(percent)) / 100;
  });
}

function* availabilities([count]: readonly string[]): Watch {
  const seen = new Set<number>();
  while (seen.size < Number(count)) {
    const moment: Moment = yield `${seen.size}/${count}`;
    const run = is(moment, "years");
    if (run) seen.add(run.memberAvailability);
  }
}

function* stressed([count]: readonly string[]): Watch {
  const sizes = new Set<number>();
  while (sizes.size < Number(count)) {
    const moment: Moment = yield `${sizes.size}/${count}`;
    const run = is(moment, "stress");
    if (run && run.writeCount >= 50) sizes.add(run.size);
  }
}

function* wall([word]: readonly string[]): Watch {
  yield* until(({ cluster }) => cluster !== null && isSame(word!, cluster));
}

function* writesFailOnBothSides(): Watch {
  let clusterNumber = 0;
  const failed = new Set<string>();
  for (;;) {
    const moment: Moment = yield `${failed.size}/2`;
    const { cluster } = moment;
    if (!cluster) continue;
    const sides = sidesOf(cluster);
    if (cluster.number !== clusterNumber || sides.length !== 2) failed.clear();
    clusterNumber = cluster.number;
    const write = answerOf(moment);
    if (sides.length !== 2 || !write || !isWrite(write.request) || isOk(write)) continue;
    failed.add(sides.find((side) => side.some(({ id }) => id === write.member))?.[0]?.id ?? "");
    if (failed.size === 2) return;
  }
}

function* noQuorumFor([timeouts]: readonly string[]): Watch {
  let since = null as { atMs: number; cluster: number } | null;
  for (;;) {
    const moment: Moment = yield undefined;
    const { cluster, atMs } = moment;
    if (!cluster) continue;
    if (sidesOf(cluster).length < 2 || sidesOf(cluster).some(({ length }) => length >= quorumIn(cluster))) {
      since = null;
    } else if (since?.cluster !== cluster.number) since = { atMs, cluster: cluster.number };
    if (since && atMs - since.atMs >= Number(timeouts) * cluster.electionMs) return;
  }
}

function* healed(): Watch {
  let walledIn = 0;
  for (;;) {
    const moment: Moment = yield undefined;
    const { cluster } = moment;
    if (!cluster) continue;
    if (sidesOf(cluster).length > 1) walledIn = cluster.number;
    else if (walledIn === cluster.number && workingLeader(cluster)) {
      const leaders = cluster.members.filter(({ role, state }) => role === "leader" && state === "running");
      if (leaders.length === 1) return;
    }
  }
}

function* writeUnderWall([word]: readonly string[]): Watch {
  yield* until((moment) => {
    const write = answerOf(moment);
    return write !== null && isWrite(write.request) && isOk(write) && moment.cluster !== null &&
      isSame(word!, moment.cluster);
  });
}

function* staleRead(): Watch {
  yield* until((moment) => {
    const read = answerOf(moment);
    if (!read || read.request.kind !== "range" || !read.request.serializable || !moment.cluster) return false;
    if (!read.response || isEtcdError(read.response) || read.response.result.kind !== "range") return false;
    const { revision } = read.response.result;
    return moment.cluster.members.some((member) => member.state === "running" && member.revision > revision);
  });
}

function* readRefused(): Watch {
  yield* until((moment) => {
    const read = answerOf(moment);
    return read !== null && read.request.kind === "range" && !read.request.serializable && !isOk(read) &&
      moment.cluster !== null && sidesOf(moment.cluster).length > 1;
  });
}

function* minorityWriteLost(): Watch {
  const write = yield* until((moment) => {
    const answer = answerOf(moment);
    return answer !== null && isWrite(answer.request) && !isOk(answer) && moment.cluster !== null &&
      sidesOf(moment.cluster).length > 1;
  });
  const { number } = write.cluster!;
  yield* until((moment) =>
    moment.cluster?.number === number && is(moment, "trace")?.event.kind === "overwritten"
  );
}

function* steppedDownUnder([rules]: readonly string[]): Watch {
  let leads: MemberId | null = null;
  for (;;) {
    const moment: Moment = yield undefined;
    const { cluster } = moment;
    if (!cluster || cluster.rules !== rules) continue;
    const was = leads === null ? null : memberIn(cluster, leads);
    const isWalled = sidesOf(cluster).length > 1;
    if (was && isWalled && was.state === "running" && was.role !== "leader" && !reachesQuorum(cluster, was)) {
      return;
    }
    const walled = cluster.members.find((one) => one.role === "leader" && !reachesQuorum(cluster, one));
    if (walled && isWalled) leads = walled.id;
  }
}

function* stillLeadsUnder([rules]: readonly string[]): Watch {
  yield* until(({ cluster }) => {
    if (!cluster || cluster.rules !== rules) return false;
    const leaders = cluster.members.filter(({ role, state }) => role === "leader" && state === "running");
    return leaders.length >= 2 && new Set(leaders.map(({ term }) => term)).size === leaders.length;
  });
}

/** A member's last look before its power went out. */
interface LastLook {
  readonly term: Term;
  readonly votedFor: MemberId | null;
  readonly durableIndex: LogIndex;
  readonly lastIndex: LogIndex;
}

/** Tells every return from a stop together with what the member was when it was last seen running. */
function restartKeeper(): (
  moment: Moment,
) => { readonly before: LastLook; readonly after: MemberNow } | null {
  const looks = new Map<MemberId, LastLook>();
  const down = new Set<MemberId>();
  return ({ cluster, what }) => {
    if (what.kind === "cluster") looks.clear();
    let found: { readonly before: LastLook; readonly after: MemberNow } | null = null;
    for (const member of cluster?.members ?? []) {
      if (member.state === "stopped" || member.state === "refused") down.add(member.id);
      if (member.state !== "running") continue;
      const before = looks.get(member.id);
      if (down.delete(member.id) && before) found = { before, after: member };
      looks.set(member.id, member);
    }
    return found;
  };
}

function* tornTail(): Watch {
  const restarted = restartKeeper();
  yield* until((moment) => {
    const found = restarted(moment);
    if (!found) return false;
    const { before, after } = found;
    return after.term === before.term && after.votedFor === before.votedFor &&
      after.lastIndex >= before.durableIndex && after.lastIndex < before.lastIndex;
  });
}

function* keptLog(): Watch {
  const restarted = restartKeeper();
  yield* until((moment) => {
    const found = restarted(moment);
    return found !== null && found.before.durableIndex > 0 &&
      found.after.lastIndex >= found.before.durableIndex;
  });
}

function* snapshotInstalled(): Watch {
  yield* until((moment) => {
    const event = is(moment, "trace")?.event;
    return event?.kind === "snapshot" && event.what === "installed";
  });
}

function* wipedRefused(): Watch {
  const wiped = new Set<MemberId>();
  yield* until((moment) => {
    const act = actOf(moment);
    if (act?.kind === "wipe") wiped.add(act.member);
    return moment.cluster?.members.some(({ id, state }) => state === "refused" && wiped.has(id)) ?? false;
  });
}

function* started([method, count]: readonly string[]): Watch {
  const names = new Map<string, Set<string>>();
  for (;;) {
    const moment: Moment = yield `${Math.max(0, ...[...names.values()].map(({ size }) => size))}/${count}`;
    const start = is(moment, "start");
    if (!start || start.method !== method || start.clusterId === "") continue;
    if (start.result !== "waits" && start.result !== "quorum") continue;
    names.set(start.clusterId, (names.get(start.clusterId) ?? new Set()).add(start.name));
    if (start.result === "quorum" && start.runningCount >= Number(count)) return;
  }
}

function* refusal(words: readonly string[]): Watch {
  yield* until((moment) => {
    const start = is(moment, "start");
    const isTrouble = start?.result === "refused" || start?.result === "stranger";
    return isTrouble && start!.says.some((line) => line.includes(words.join(" ")));
  });
}

function* cured([count]: readonly string[]): Watch {
  const ill = new Set<string>();
  const well = new Set<string>();
  while (well.size < Number(count)) {
    const moment: Moment = yield `${well.size}/${count}`;
    const start = is(moment, "start");
    if (!start) continue;
    if (start.result === "refused" || start.result === "stranger") ill.add(start.name);
    else if (ill.has(start.name)) well.add(start.name);
  }
}

function* flagsIgnored(): Watch {
  yield* until((moment) => {
    const start = is(moment, "start");
    return start?.result === "restarted" && start.ignoredFlags.length > 0;
  });
}

function* startResult([result, era]: readonly string[]): Watch {
  yield* until((moment) => {
    const start = is(moment, "start");
    return start?.result === result && (era === undefined || start!.era === era);
  });
}

function* clustersFound([count]: readonly string[]): Watch {
  const ids = new Set<string>();
  while (ids.size < Number(count)) {
    const moment: Moment = yield `${ids.size}/${count}`;
    const start = is(moment, "start");
    if (start?.method === "discovery" && start.result === "quorum") ids.add(start.clusterId);
  }
}

/** Members that were added and agreed upon, and have not started. */
function additionsKeeper(): (moment: Moment) => ReadonlyMap<MemberId, { readonly learner: boolean }> {
  const waiting = new Map<MemberId, { readonly learner: boolean }>();
  return (moment) => {
    if (moment.what.kind === "cluster") waiting.clear();
    const answer = answerOf(moment);
    if (answer?.response && !isEtcdError(answer.response) && answer.request.kind === "memberAdd") {
      const { result } = answer.response;
      if (result.kind === "members" && result.changed) {
        waiting.set(result.changed.id, { learner: result.changed.isLearner });
      }
    }
    for (const member of moment.cluster?.members ?? []) {
      if (member.state === "running") waiting.delete(member.id);
    }
    return waiting;
  };
}

function* addedAndStuck(): Watch {
  const additions = additionsKeeper();
  yield* until((moment) => {
    const isWaiting = [...additions(moment).values()].some(({ learner }) => !learner);
    return isWaiting && moment.cluster !== null && leaderIn(moment.cluster) === null;
  });
}

function* learnerNeverStuck(): Watch {
  const additions = additionsKeeper();
  let learners = new Set<MemberId>();
  for (;;) {
    const moment: Moment = yield learners.size > 0 ? "1/2" : undefined;
    const { cluster } = moment;
    const waiting = additions(moment);
    for (const [id, { learner }] of waiting) if (learner) learners.add(id);
    if (!cluster) continue;
    if (!leaderIn(cluster)) learners = new Set();
    if (
      cluster.members.some(({ id, role, applied }) => learners.has(id) && role === "learner" && applied > 0)
    ) {
      return;
    }
  }
}

const CHANGES: Readonly<Record<string, ClientRequest["kind"]>> = {
  add: "memberAdd",
  remove: "memberRemove",
  promote: "memberPromote",
};

function* refusedChange([kind, ...words]: readonly string[]): Watch {
  yield* until((moment) => {
    const answer = answerOf(moment);
    return answer !== null && answer.request.kind === CHANGES[kind!] && answer.response !== null &&
      isEtcdError(answer.response) && answer.response.message.includes(words.join(" "));
  });
}

function* acceptedChange([kind]: readonly string[]): Watch {
  yield* until((moment) => {
    const answer = answerOf(moment);
    return answer !== null && answer.request.kind === CHANGES[kind!] && isOk(answer);
  });
}

function* replaced(): Watch {
  let removed: MemberId | null = null;
  const additions = additionsKeeper();
  let added: MemberId | null = null;
  for (;;) {
    const moment: Moment = yield `${+(removed !== null) + +(added !== null)}/3`;
    const { cluster } = moment;
    if (!cluster) continue;
    if (moment.what.kind === "cluster") removed = added = null;
    const hadWaiting = additions(moment);
    const answer = answerOf(moment);
    if (answer && isOk(answer) && answer.request.kind === "memberRemove") {
      const { member } = answer.request;
      // Gone already from the list, or still in it and not running: either way it was dead when it was removed.
      if (memberIn(cluster, member)?.state !== "running") removed = member;
    }
    if (removed !== null) { for (const id of hadWaiting.keys()) added = id; }
    if (!workingLeader(cluster)) removed = added = null;
    if (
      added !== null && memberIn(cluster, added)?.state === "running" && memberIn(cluster, added)!.applied > 0
    ) return;
  }
}

function* watching([count]: readonly string[]): Watch {
  let created = 0;
  while (created < Number(count)) {
    const moment: Moment = yield `${created}/${count}`;
    if (is(moment, "watch")?.what === "created") created += 1;
  }
}

function* expired([prefix]: readonly string[]): Watch {
  const asked = new Set<string>();
  yield* until((moment) => {
    const request = is(moment, "asked")?.operation.request;
    if (request?.kind === "deleteRange" || request?.kind === "leaseRevoke") asked.add(request.kind);
    const told = is(moment, "watch");
    return asked.size === 0 &&
      (told?.events.some((event) => event.kind === "delete" && event.key.startsWith(prefix!)) ?? false);
  });
}

function* raceAndRetry(): Watch {
  const succeeded = (moment: Moment): boolean | null => {
    const answer = answerOf(moment);
    if (!answer?.response || isEtcdError(answer.response) || answer.response.result.kind !== "txn") {
      return null;
    }
    return answer.response.result.succeeded;
  };
  yield* until((moment) => succeeded(moment) === false);
  yield* until((moment) => succeeded(moment) === true);
}

function* replayed([count]: readonly string[]): Watch {
  const seen = new Map<string, number>();
  for (;;) {
    const moment: Moment = yield `${Math.max(0, ...seen.values())}/${count}`;
    const told = is(moment, "watch");
    if (!told || told.fromRevision === 0) continue;
    seen.set(told.name, (seen.get(told.name) ?? 0) + told.events.length);
    if (seen.get(told.name)! >= Number(count)) return;
  }
}

function* relisted(): Watch {
  yield* until((moment) => is(moment, "watch")?.what === "compacted");
  const list = yield* until((moment) => {
    const read = answerOf(moment);
    return read !== null && read.request.kind === "range" && read.request.revision === 0 && isOk(read);
  });
  const { response } = answerOf(list)!;
  const revision = response && !isEtcdError(response) ? response.header.revision : 0;
  yield* until((moment) => {
    const told = is(moment, "watch");
    return told?.what === "created" && told.fromRevision === revision + 1;
  });
}

function* leaseOutlivesLeader(): Watch {
  const ledBefore = leaderKeeper();
  const granted = new Map<string, { atMs: number; ttl: number; term: Term }>();
  yield* until((moment) => {
    ledBefore(moment);
    const answer = answerOf(moment);
    const leader = moment.cluster && leaderIn(moment.cluster);
    if (!answer?.response || isEtcdError(answer.response) || !leader) return false;
    const { result } = answer.response;
    if (result.kind === "leaseGrant") {
      granted.set(result.id, { atMs: moment.atMs, ttl: result.ttl, term: leader.term });
    }
    if (result.kind !== "leaseTimeToLive" && result.kind !== "leaseKeepAlive") return false;
    const lease = granted.get(result.id);
    return lease !== undefined && result.ttl > 0 && leader.term > lease.term &&
      moment.atMs - lease.atMs > lease.ttl * 1000;
  });
}

function* downWithMajority([timeouts]: readonly string[]): Watch {
  let since = null as { atMs: number; cluster: number } | null;
  let failed = false;
  for (;;) {
    const moment: Moment = yield since === null ? undefined : failed ? "2/3" : "1/3";
    const { cluster, atMs } = moment;
    if (!cluster) continue;
    const running = cluster.members.filter(({ state }) => state === "running").length;
    const write = answerOf(moment);
    const works = (write !== null && isWrite(write.request) && isOk(write)) ||
      workingLeader(cluster) !== null;
    if (running < quorumIn(cluster) || works) {
      since = null;
      failed = false;
      continue;
    }
    if (since?.cluster !== cluster.number) since = { atMs, cluster: cluster.number };
    if (write !== null && isWrite(write.request) && !isOk(write)) failed = true;
    if (failed && atMs - since.atMs >= Number(timeouts) * cluster.electionMs) return;
  }
}

function* outageByOneCut([milliseconds]: readonly string[]): Watch {
  let since = null as { atMs: number; shape: string } | null;
  for (;;) {
    const { cluster, atMs }: Moment = yield undefined;
    if (!cluster) continue;
    const sides = sidesOf(cluster);
    const shape = `${cluster.number} ${sides.map((side) => side.map(({ name }) => name).join()).join("|")}`;
    const isOneWall = sides.length === 2 && cluster.rules === "etcd" &&
      cluster.members.every(({ state }) => state === "running");
    if (!isOneWall || (since && since.shape !== shape)) since = null;
    if (!isOneWall) continue;
    if (workingLeader(cluster)) {
      if (since && atMs - since.atMs >= Number(milliseconds)) return;
      since = null;
    } else since ??= { atMs, shape };
  }
}

function* committedGone(): Watch {
  const committed = new Map<string, Term>();
  let clusterNumber = 0;
  for (;;) {
    const { cluster }: Moment = yield undefined;
    if (!cluster) continue;
    if (cluster.number !== clusterNumber) committed.clear();
    clusterNumber = cluster.number;
    for (const member of cluster.members) {
      if (member.state !== "running") continue;
      for (let index = Math.max(1, member.firstIndex); index <= member.commit; index++) {
        const term = member.termAt(index);
        if (term === null) continue;
        const known = committed.get(`${index}`);
        if (known !== undefined && known !== term) return;
        committed.set(`${index}`, term);
      }
    }
  }
}
