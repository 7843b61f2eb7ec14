// The words of the drawers and of the inspector's tabs in English. `panels_zh.ts` has the same shape, which the types
// check. Commands, flags and etcd's own messages are not translated: they are what one types and reads anywhere.

import type { MessageKind } from "../../core/raft/message.ts";
import type { ClusterEvent, Flight } from "../../workers/browser/cluster_api.ts";
import type { OperationOutcome } from "../../core/check/history.ts";
import type { MessageShape } from "../geometry/marks.ts";
import type { TryReason } from "../state/worth_trying.ts";
import type { KeyVersion } from "../state/key_watch.svelte.ts";

const plural = (count: number, one: string, many: string) => (count === 1 ? `1 ${one}` : `${count} ${many}`);

/** What the client's letter stands for: "w3" is a writer of the load. */
function clientNames(client: string): string {
  if (client === "you") return "you";
  if (client === "shell") return "the terminal";
  return client.startsWith("w") ? `writer ${client.slice(1)}` : `reader ${client.slice(1)}`;
}

const messageKinds: Readonly<Record<MessageKind, string>> = {
  propose: "Proposal",
  append: "Append",
  appendReply: "Append reply",
  vote: "Vote request",
  voteReply: "Vote reply",
  preVote: "Pre-vote request",
  preVoteReply: "Pre-vote reply",
  snapshot: "Snapshot",
  heartbeat: "Heartbeat",
  heartbeatReply: "Heartbeat reply",
  transferLeader: "Hand-over request",
  timeoutNow: "Campaign now",
  readIndex: "Read request",
  readIndexReply: "Read reply",
};

/** A few characters along a line. */
function short({ kind, summary, reject }: Flight): string {
  switch (kind) {
    case "append":
      return /append ([\d.]+),/.exec(summary)?.[1] ?? "";
    case "appendReply":
      return reject ? "no" : `has ${/up to (\d+)/.exec(summary)?.[1] ?? ""}`;
    case "vote":
      return `term ${/term (\d+)/.exec(summary)?.[1] ?? ""}?`;
    case "preVote":
      return "pre-vote";
    case "voteReply":
    case "preVoteReply":
      return reject ? "no" : "yes";
    case "readIndex":
      return "read?";
    case "snapshot":
      return "snapshot";
    default:
      return "";
  }
}

function plainEvent(name: string, event: ClusterEvent["event"]): string {
  switch (event.kind) {
    case "electionTimer":
      return `${name} draws ${event.deadlineTicks} ticks of patience.`;
    case "voteCast":
      return `${name} says ${event.granted ? "yes" : "no"} in term ${event.term}: ${event.reason}.`;
    case "voteCounted":
      return `${name} counts ${event.granteds} of ${event.needed} votes.`;
    case "role":
      return `${name} is ${event.role} in term ${event.term}.`;
    case "appended":
      return event.first === event.last
        ? `${name} takes entry ${event.first} into its log.`
        : `${name} takes entries ${event.first} to ${event.last} into its log.`;
    case "overwritten":
      return `${name} strikes out entries ${event.first} to ${event.last}.`;
    case "progress":
      return `${name} knows of a match up to ${event.match}.`;
    case "committed":
      return `${name} knows that ${event.index} is committed.`;
    case "applied":
      return `${name} applies ${event.index}: revision ${event.revision}.`;
    case "config":
      return `${name} uses a new list of members.`;
    case "writeIssued":
      return `${name} writes ${event.bytes} bytes.`;
    case "writeDurable":
      return `${name}’s disk has it, up to entry ${event.lastIndex}.`;
    case "promised":
      return `${name} may answer: its disk remembers.`;
    case "recovered":
      return `${name} read ${plural(event.entryCount, "entry", "entries")} from disk.`;
    case "snapshot":
      return `${name}: snapshot up to ${event.index} ${event.what}.`;
    case "requested":
      return `A client asks ${name}: ${event.what}.`;
    case "responded":
      return `${name} answers: ${event.outcome}.`;
    case "refused":
      return `${name} refuses ${event.what}: ${event.why}.`;
    case "stopped":
      return `${name} stops: ${event.why}.`;
    case "operator":
      return `${event.verb} ${event.names.join(" ")}`;
  }
}

const recordNames: Readonly<Record<string, string>> = {
  segmentHead: "Head of the segment",
  hardState: "Term, vote and commit",
  snapshotMark: "Mark of a snapshot",
  none: "Bytes without a header",
};

const FIELD_SHORT: Readonly<Record<string, string>> = {
  "body bytes": "size",
  "previous check": "chain",
  "body check": "body CRC",
  "header check": "CRC",
  kind: "kind",
};

export const panelsEn = {
  clientNames,
  clientShort: (client: string) => (client === "you" ? "Y" : client === "shell" ? "$" : client.toUpperCase()),

  copy: { copy: "Copy", copied: "Copied", byHand: "Mark it and copy it by hand." },

  disk: {
    snapshot: "snapshot",
    segment: (sequence: number) => `segment ${sequence}`,
    open: "open",
    sealed: "sealed",
    bytes: (count: number) => `${count.toLocaleString("en")} B`,
    hidden: (count: number) => `${plural(count, "older record", "older records")} not drawn`,
    empty: "This disk holds no files.",
    keyEntry: "entry",
    keyState: "term, vote, commit",
    keyHead: "head of the file",
    record: (kind: string, index: number) =>
      kind.startsWith("entry") ? `Record of entry ${index}` : recordNames[kind] ?? kind,
    where: (offset: number, segment: number) => `byte ${offset} of segment ${segment}`,
    recordLabel: (r: { kind: string; index: number; label: string; torn: boolean }) =>
      `${r.kind.startsWith("entry") ? `entry ${r.index}` : recordNames[r.kind] ?? r.kind}${
        r.kind === "hardState" ? `, commit ${r.index}` : ""
      }${r.label === "" ? "" : `: ${r.label}`}${r.torn ? ", torn" : ""}`,
    hex: "Bytes of the record",
    fields: "Fields of the record",
    field: (name: string): string => name,
    fieldShort: (name: string): string => FIELD_SHORT[name] ?? name,
    kinds: {
      segmentHead: "head",
      entryNormal: "an entry",
      hardState: "term and vote",
      snapshotMark: "a mark",
      entryConfChangeV1: "a change of members",
      entryConfChangeV2: "a change of members",
    } as Readonly<Record<string, string>>,
    lastOfWrite: (number: number) => `${number}, last of its write`,
    matches: "matches",
    broken: "does not match",
    missing: "missing",
    missingBytes: (count: number) => `${plural(count, "byte", "bytes")} missing`,
    tear: "A tear, not rot.",
    tearWhy: (there: number, whole: number) =>
      `The header is whole, the body stops at ${there} of ${whole} bytes.`,
    tearHead: "Not even the header is whole: the write stopped in it. Nobody was told of it.",
    rot: "Rot, not a tear.",
    rotWhy: (index: number | null) =>
      index === null
        ? "Records follow that were written later: these bytes were whole once. The member refuses to start."
        : `Entry ${index} was whole once. The member refuses to start: the others must give it a new disk.`,
    restart: (name: string) => `Restart ${name}`,
    cutsAt: (offset: number) => `It cuts at byte ${offset} and asks the leader for the rest.`,
  },

  keys: {
    lanes: "Keys and their revisions",
    keyHead: "key",
    revisionHere: (revision: number) => `Revision ${revision} here`,
    clusterAt: (revision: number) => `the cluster is at ${revision}`,
    appliedBy: (name: string) => `applied by ${name}`,
    moreKeys: (count: number) => `${plural(count, "more key", "more keys")} not drawn.`,
    noKeys: "No keys yet. Put one below.",
    cannotSay: (name: string) => `${name} cannot say: it does not run.`,
    versionTitle: (v: { key: string; value: string | null; revision: number; version: number }) =>
      v.value === null
        ? `${v.key} deleted at ${v.revision}`
        : `${v.key}=${v.value}, revision ${v.revision}, version ${v.version}`,
    born: (v: KeyVersion | null) =>
      v === null ? "" : `created at ${v.createRevision}, changed at ${v.revision}, version ${v.version}`,
    deletedAt: (revision: number) => `deleted at ${revision}`,
    noKey: "no such key",
    atOnce: (value: string) => `${value}, at once`,
    afterEntry: (index: number) => `after entry ${index}`,
    noLeader: "no answer: nobody leads",
    futureRevision: "future revision",
    leaseLeft: (left: number, granted: number) => `${left} s left of ${granted} s`,
    leaseHolds: (keys: string) => `Holds ${keys}. The leader counts.`,
    leaseHoldsNone: "Holds no keys. The leader counts.",
    watches: (what: string) => `The terminal watches ${what}`,
    watchWaits: "Nothing seen yet.",
    watchSeen: (revision: number) => `Seen up to revision ${revision}.`,
  },

  flags: {
    title: "Flags",
    what: "What this member was started with, as etcd’s flags.",
    ours: "The same member as a process",
    etcd: "The same member of etcd",
    clockNote: "The teaching clock is too tight for it: both commands keep etcd’s own.",
    etcdNote: "etcd 3.4 asks for pre-vote by a flag; later releases have it on.",
  },

  terminal: {
    against: "against",
    version: "API 3.4, in this tab",
    output: "Terminal",
    line: "Command line",
    completion: "What this word could become",
    greeting: "# etcdctl of this tab. Tab completes, ↑ brings back, Ctrl+C stops, help lists the commands.",
    noEndpoint: (endpoint: string) => `no member takes clients at ${endpoint}`,
    twin: "On a real cluster",
    twinWhy: "The last thing done here, as it is typed there:",
    worth: "Worth trying now",
    tries: {
      whoLeads: "who says who leads",
      failsHere: "fails here: no quorum",
      reads: "asks the majority first",
      ownCopy: "this member’s copy, may be old",
      history: "every change so far",
      health: "who can commit",
      handOver: "the lead changes hands",
      add: "room for one more",
      back: "brings it back",
    } as Readonly<Record<TryReason, string>>,
  },

  spaceTime: {
    title: "Space-time",
    how: "Each lane is a member. A line that reaches a lane was received.",
    heartbeats: "Heartbeats",
    beats: { counted: "counted", drawn: "drawn", hidden: "hidden" },
    find: "Find a shape",
    all: "all",
    shapes: {
      append: "● append",
      vote: "◆ vote",
      preVote: "◇ pre-vote",
      heartbeat: "○ heartbeat",
      snapshot: "▰ snapshot",
      read: "▲ read",
      client: "■ proposal",
      lead: "♛ hand-over",
    } as Readonly<Record<MessageShape, string>>,
    span: "Look back",
    ms: (ms: number) => (ms >= 1000 ? `${+(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`),
    hold: "Hold still",
    follow: "Follow",
    hiddenOnes: "Hidden:",
    hide: (name: string) => `Hide ${name}`,
    show: (name: string) => `Show ${name}`,
    quiet: (ms: number) => `${ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`} quiet`,
    now: "now",
    held: "held",
    here: "on the stage",
    acked: "heartbeats answered",
    lost: "lost",
    short,
  },

  history: {
    title: "Client history",
    key: "key",
    none: "No client has asked anything yet. Start the load, or write a key.",
    fine: "✓ linearizable",
    broken: "Not linearizable",
    open: {
      middle: "Not judged: it begins in the middle",
      many: "Not judged: too many at once",
      beyond: "Not judged: it holds transactions",
    },
    jump: "Jump to the first error",
    newest: "Newest",
    put: (value: string) => `put ${value}`,
    get: (value: string) => (value === "" ? "get" : `get ${value}`),
    del: "del",
    outcomes: {
      ok: "answered",
      failed: "refused: surely had no effect",
      unknown: "no answer: may have happened",
      waiting: "waits for an answer",
    } as Readonly<Record<OperationOutcome, string>>,
    opTitle: (o: { client: string; what: string; outcome: string; why: string }) =>
      `${o.client}: ${o.what}, ${o.outcome}${o.why === "" ? "" : ` (${o.why})`}`,
    legend: {
      answered: "answered; the dot is where it took effect",
      refused: "refused: surely had no effect",
      unknown: "no answer: may or may not have happened",
      order: "one order that explains every answer",
    },
  },

  load: {
    label: "Clients that work by themselves",
    writers: "Writers",
    readers: "Readers",
    rate: "Each",
    perSecond: (count: number) => `${count} a second`,
    keys: "Keys",
    reads: "Reads",
    linearizable: "ask the majority",
    serializable: "own copy",
    at: "Through",
    leader: "the leader",
    any: "each in turn",
    start: "Start",
    stop: "Stop",
    stress: "Stress",
    stressTitle: "16 writers, one request after another",
    told: (answered: number, refused: number) =>
      `${answered.toLocaleString("en")} answered${
        refused === 0 ? "" : `, ${refused.toLocaleString("en")} not`
      }`,
  },

  meters: {
    title: "Meters",
    how: "The last 60 seconds of cluster time.",
    writes: "Writes answered",
    second: "a second",
    commit: "Commit takes",
    half: (most: string) => `ms for half, ${most} for 99 in 100`,
    messages: "Messages leave the leader",
    bytes: "Bytes leave the leader",
    kilobytes: "kB a second",
    syncs: "Disk syncs, all members",
    elections: "Elections",
    minute: "in the last minute",
    wins: (name: string, term: number) => `in the last minute; ${name} won term ${term}`,
    noLeader: (seconds: number) => `no leader, ${seconds.toFixed(1)} s`,
    from: "−60 s",
    now: "now",
  },

  events: {
    title: "Events",
    kind: "Kind",
    kinds: {
      all: "all",
      told: "worth a sentence",
      election: "elections",
      log: "log",
      disk: "disk",
      operator: "what was done",
      client: "clients",
    },
    member: "Member",
    everyone: "everyone",
    find: "Find",
    count: (count: number) => plural(count, "event", "events"),
    at: "Time",
    what: "What happened",
    twin: "On a real machine",
    jump: "Go to this moment",
    plain: plainEvent,
  },

  message: {
    label: "Message",
    close: "Close",
    kinds: messageKinds,
    flying: (ms: number) => `in flight, due in ${ms} ms`,
    landed: "received",
    lost: "lost on the way",
    says: "Says",
    sent: "Sent",
    lands: "Arrives",
    wouldLand: "Would have arrived",
    size: "Size",
    bytes: (count: number) => `${count} bytes`,
  },
};

/** What every language has to say here. */
export type PanelStrings = typeof panelsEn;
