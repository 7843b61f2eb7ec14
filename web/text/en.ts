// Every word of the page in English. Present tense; the member, then the cause, then the effect; at most 20 words;
// digits for counts. `zh.ts` has the same shape, which the types check.

import { type Description, sentenceOf } from "../../core/script/sentences.ts";
import { ENGLISH } from "../../core/script/sentences_en.ts";
import { offlineEn } from "./offline_en.ts";
import { runsEn } from "./runs_en.ts";
import type { Fact, QuorumFact, Situation } from "../state/facts.ts";
import type { ShownRole } from "../state/reading.ts";
import { bold, type Rich, termChip } from "./rich.ts";

const ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const word = (count: number) => ONES[count] ?? String(count);
const Word = (count: number) => word(count)[0]!.toUpperCase() + word(count).slice(1);
const plural = (
  count: number,
  one: string,
  many: string,
) => (count === 1 ? `${count} ${one}` : `${count} ${many}`);
const list = (names: readonly string[]) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
const term = (number: number) => termChip(`term ${number}`, number);

const roles: Record<ShownRole, string> = {
  leader: "leader",
  follower: "follower",
  candidate: "candidate",
  "pre-candidate": "pre-candidate",
  learner: "learner",
  stopped: "stopped",
  paused: "paused",
};

function caption(fact: Fact): Rich {
  switch (fact.kind) {
    case "asks":
      return fact.pre
        ? [bold(`${fact.name}’s timer ran out.`), " It asks whether it could win ", term(fact.term), "."]
        : [
          bold(`${fact.name} asks for votes`),
          " in ",
          term(fact.term),
          `. It needs ${fact.needed}, and has its own.`,
        ];
    case "leads":
      return [bold(`${fact.name} leads`), " ", term(fact.term), ". It starts with an empty entry."];
    case "stepsDown":
      return [bold(`${fact.name} hears no quorum.`), " It steps down."];
    case "laterTerm":
      return [bold(`${fact.name} sees`), " ", term(fact.term), " and follows."];
    case "votes":
      return [
        bold(`${fact.voter} says ${fact.granted ? "yes" : "no"}`),
        ` to ${fact.candidate}`,
        ...(fact.pre ? [": it could vote in "] : [" in "]),
        term(fact.term),
        ".",
      ];
    case "counts":
      return [
        bold(`${fact.voter} says ${fact.granted ? "yes" : "no"}.`),
        ` ${fact.candidate} has ${fact.have} of the ${fact.needed} votes it needs.`,
      ];
    case "committed":
      return [
        bold(`${fact.label} is on ${fact.disks} of ${fact.size} disks: committed.`),
        " The client gets its answer.",
      ];
    case "overwritten":
      return [
        bold(
          fact.first === fact.last
            ? `${fact.name}’s entry ${fact.first} was never committed.`
            : `${fact.name}’s entries ${fact.first} to ${fact.last} were never committed.`,
        ),
        " The leader’s log replaces them.",
      ];
    case "recovered":
      return [
        bold(`${fact.name} is back.`),
        ` It read ${plural(fact.entryCount, "entry", "entries")} and `,
        term(fact.term),
        fact.torn ? " from disk; a torn write at the end was cut off." : " from disk.",
      ];
    case "snapshot":
      switch (fact.what) {
        case "taken":
          return [bold(`${fact.name} folds its log`), ` up to entry ${fact.index} into a snapshot.`];
        case "sent":
          return [
            bold(`${fact.name} sends a snapshot`),
            ` up to entry ${fact.index}: its log no longer reaches back.`,
          ];
        case "installed":
          return [bold(`${fact.name} takes a snapshot`), ` up to entry ${fact.index} in place of its log.`];
      }
      break;
    case "stopped":
      return [bold(`${fact.name} stops:`), ` ${fact.why}.`];
    case "operator":
      return operatorCaption(fact.verb, fact.names);
  }
  return [];
}

function operatorCaption(verb: Extract<Fact, { kind: "operator" }>["verb"], names: readonly string[]): Rich {
  const [a = "?", b = "?"] = names;
  switch (verb) {
    case "crash":
      return [bold(`${a} crashes.`), " Its memory is gone. Its disk stays."];
    case "restart":
      return [bold(`${a} starts again`), " and reads its disk."];
    case "pause":
      return [bold(`${a} stands still.`), " It neither hears nor answers."];
    case "resume":
      return [bold(`${a} runs on`), " with whatever waited for it."];
    case "elect":
      return [bold(`We let ${a}’s timer strike now.`), " It asks for the lead itself."];
    case "cut":
      return [bold(`The link between ${a} and ${b} is cut.`), " Nothing passes."];
    case "cutOneWay":
      return [bold(`${b} no longer hears ${a}.`), ` ${a} still hears ${b}.`];
    case "mend":
      return [bold(`The link between ${a} and ${b} is mended.`)];
    case "mendOneWay":
      return [bold(`${b} hears ${a} again.`)];
    case "heal":
      return [bold("Every link is mended."), " All members can talk."];
    case "put":
      return [bold(`A client writes ${a}.`), " The leader must get it onto a quorum of disks."];
    case "del":
      return [bold(`A client deletes ${a}.`), " That is an entry in the log, too."];
  }
}

function situation(now: Situation): Rich {
  switch (now.kind) {
    case "leads":
      return now.size === 1
        ? [`${now.name} leads `, term(now.term), ". It is a quorum by itself."]
        : [`${now.name} leads `, term(now.term), ". Its heartbeats keep the others from taking over."];
    case "stale":
      return [
        `${now.name} still calls itself leader of `,
        term(now.term),
        `, but hears ${now.heard} of ${now.peers}. Nothing it accepts now can commit.`,
      ];
    case "waiting":
      return [`Nobody leads. ${now.next}’s timer will be first.`];
    case "campaign":
      return ["Nobody leads yet. A candidate waits for its votes."];
    case "noQuorum":
      return [
        `No quorum: ${now.needed} of ${now.size} must reach each other, and ${now.missing} ${
          now.missing === 1 ? "is" : "are"
        } missing. Nothing can commit.`,
      ];
    case "starting":
      return ["The members open their disks."];
    case "elsewhere":
      return ["Another tab runs this cluster. Close it there, and it comes to life here."];
  }
}

function quorum(fact: QuorumFact): Rich {
  const head = bold(`Quorum is ${fact.needed} of ${fact.size}.`);
  if (fact.holders.length === 0) {
    return [head, ` Nobody has it: ${fact.upCount} of ${fact.size} are up.`];
  }
  if (fact.whole) {
    if (fact.size === 1) return [head, " It decides alone, and must not fail."];
    const all = fact.size === 2 ? "Both" : `All ${word(fact.size)}`;
    if (!fact.led) return [head, ` ${all} are up. Nobody leads yet.`];
    return [head, ` ${all} hear each other: ${fact.spare === 0 ? "none" : word(fact.spare)} may fail.`];
  }
  const who = fact.holders.length > 4
    ? `${Word(fact.holders.length)} members have`
    : `${list(fact.holders)} ${fact.holders.length === 1 ? "has" : "have"}`;
  return [head, ` ${who} it, with ${fact.spare === 0 ? "none" : word(fact.spare)} to spare.`];
}

export const en = {
  htmlLang: "en",
  title: "Flotilla: a Raft cluster in this tab",
  caption,
  situation,
  quorum,
  roles,
  quorumShort: (needed: number, size: number) => `Quorum ${needed} of ${size}`,
  termWord: (number: number) => `term ${number}`,

  nav: {
    label: "Rooms",
    learn: "Learn",
    playground: "Playground",
    lab: "Sizing lab",
    attach: "Attach",
    notLoaded: "This part of the page could not be loaded. Is the network there?",
  },

  top: {
    members: (size: number): string => (size === 1 ? "member" : "members"),
    fewer: "One member fewer",
    more: "One member more",
    startOverAsk: (size: number) => `A new cluster of ${size}? This one and its disks are thrown away.`,
    rulesAsk: (rules: string) => `A new cluster under ${rules}? This one and its disks are thrown away.`,
    startOver: "Start over",
    keep: "Keep this one",
    rules: "Rules",
    rulesNames: { etcd: "etcd defaults", textbook: "textbook Raft" },
    rulesTitle: {
      etcd: "PreVote and CheckQuorum are on, as in etcd",
      textbook: "Raft as in the paper: neither PreVote nor CheckQuorum",
    },
    language: "Language",
    theme: { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" },
    help: "Keys and help",
    menu: "Menu",
  },

  stage: {
    label: "Stage",
    memberLabel: (m: { name: string; role: string; term: number; commit: number; last: number }) =>
      `${m.name}, ${m.role}, term ${m.term}, committed ${m.commit} of ${m.last}`,
    linkLabel: (a: string, b: string) => `Link between ${a} and ${b}`,
    stale: "leader, stale",
    notes: {
      hears: (heard: number, peers: number) => `hears ${heard} of ${peers}`,
      votes: (have: number, needed: number) => `has ${have} of ${needed} votes`,
      nearlyOut: "timer nearly out",
      votedFor: (name: string) => `voted for ${name}`,
      keeps: (count: number) => (count === 1 ? "1 entry on its disk" : `${count} entries on its disk`),
      starting: "reading its disk",
      refused: "refuses to run",
      elsewhere: "runs in another tab",
      still: "stands still",
    },
    waterLabel: (count: number, size: number) => `quorum, ${count} of ${size}`,
    paused: "Paused",
    pausedBecause: {
      hidden: "Paused while this tab was hidden",
      late: "Paused: this computer slept or was very busy",
    },
    resume: "Run on",
    heal: "Heal",
    healTitle: "Mend every link",
    count: (count: number) => `${count}`,
    tools: {
      label: "Tools",
      select: "Select",
      knife: "Knife: drag across links to cut them",
      write: "Write a key",
    },
    key: {
      title: "Key",
      open: "What the marks mean",
      follower: "follower",
      candidate: "candidate",
      leader: "leader",
      timer: "time to election",
      term: "term",
      vote: "vote request",
      append: "append",
      heartbeat: "heartbeat",
      reply: "reply: yes, no",
      stopped: "stopped",
    },
  },

  verbs: {
    crash: "Crash",
    restart: "Restart",
    pause: "Pause",
    resume: "Resume",
    isolate: "Isolate",
    rejoin: "Rejoin",
    elect: "Elect",
    write: "Write",
    writeThrough: "Write through it",
    forwards: (name: string) => `${name} forwards it`,
    cutBoth: "Cut both ways",
    cutOne: (from: string, to: string) => `${to} no longer hears ${from}`,
    mendOne: (from: string, to: string) => `${to} hears ${from} again`,
    mendBoth: "Mend it",
    off: {
      leads: (name: string) => `Off: ${name} already leads its term.`,
      stopped: (name: string) => `Off: ${name} is stopped.`,
      paused: (name: string) => `Off: ${name} stands still.`,
      starting: (name: string) => `Off: ${name} is starting.`,
      learner: "Off: a learner has no vote and cannot lead.",
      alone: "Off: there is no other member.",
      elsewhere: "Off: another tab runs this member.",
      notCut: "Off: this link is whole.",
      cut: "Off: nothing passes here already.",
    },
  },

  matrix: {
    label: "Log matrix",
    index: "index",
    onDisk: "on disk",
    legendTitle: "One member’s copy of an entry",
    memory: "in memory only",
    disk: "on its disk",
    committed: "known committed",
    applied: "applied to keys",
    match: "match",
    next: (leader: string | null) => (leader === null ? "next" : `next (${leader}’s view)`),
    snapshot: (index: number) => `≤ ${index}`,
    snapshotTitle: (index: number) => `Entries up to ${index} are out of sight to the left`,
    earlier: "Earlier",
    newest: "Newest",
    edges: "What the edges mean",
    cellLabel: (c: { name: string; index: number; term: number; label: string; safety: string }) =>
      `${c.name}, entry ${c.index}, term ${c.term}, ${c.label}, ${c.safety}`,
    entryLine: (index: number, disks: number, size: number): string =>
      `Entry ${index} is on ${disks} of ${size} disks.`,
    entryWhy: { safe: "A quorum holds it: it stays.", open: "It may survive, or not." },
  },

  inspector: {
    label: "Inspector",
    close: "Close",
    tabs: { raft: "Raft", disk: "Disk", keys: "Keys", flags: "Flags" },
    subtitle: (role: string, termNumber: number) =>
      `${role[0]!.toUpperCase()}${role.slice(1)}, term ${termNumber}`,
    none: "Select a member on the stage.",
    survives: "Survives a crash",
    forgotten: "Forgotten in a crash",
    wasForgotten: "Forgotten in the crash: its role, who leads, its timer, what it had applied.",
    term: "Term",
    votedFor: "Voted for",
    nobody: "nobody",
    logOnDisk: "Log on disk",
    snapshotUpTo: "Snapshot up to",
    commit: "Commit index",
    role: "Role",
    leader: "Leader",
    unknown: "unknown",
    applied: "Applied",
    memoryOnly: "Log in memory only",
    revision: "Store revision",
    hash: "Hash of all keys",
    range: (
      first: number,
      last: number,
    ) => (last < first ? "empty" : first === last ? `${first}` : `${first} – ${last}`),
    peers: "Peers, as this leader sees them",
    peer: "Peer",
    mode: "Mode",
    modes: { probe: "probe", replicate: "replicate", snapshot: "snapshot" },
    matchHead: "Match",
    nextHead: "Next",
    heard: "Heard",
    ms: (value: number) => `${value} ms`,
    never: "never",
    links: "Links",
    linkStates: {
      open: "open",
      cut: "cut",
      cutOut: "does not hear it",
      cutIn: "is not heard",
    },
    cut: "Cut",
    mend: "Mend",
    linkToggle: (a: string, b: string, cut: boolean) => (cut ? `Cut ${a} and ${b}` : `Mend ${a} and ${b}`),
  },

  keys: {
    title: "Keys",
    key: "Key",
    value: "Value",
    at: "Through",
    any: "the leader",
    put: "Put",
    get: "Get",
    del: "Delete",
    waiting: "Waiting for an answer …",
    putDone: (key: string, value: string, revision: number) =>
      `${key}=${value} is stored, revision ${revision}.`,
    gotOne: (a: { key: string; value: string; modRevision: number; version: number }) =>
      `${a.key}=${a.value}, last changed at revision ${a.modRevision}, version ${a.version}.`,
    gotNone: (key: string) => `There is no key ${key}.`,
    deleted: (key: string, count: number, revision: number) =>
      count === 0 ? `There was no key ${key}.` : `${key} is deleted, revision ${revision}.`,
    failed: (message: string) => `No: ${message}`,
    serializable: "Read its own copy, even if stale",
    emptyKey: "A key needs at least one character.",
    agree: (hash: string) => `All running members hold the same keys: ${hash}.`,
    differ: "The members’ keys differ at this moment.",
  },

  drawers: {
    label: "Drawers",
    tabs: {
      spacetime: "Space-time",
      history: "History",
      meters: "Meters",
      terminal: "Terminal",
      events: "Events",
    },
    workers: (count: number): string => (count === 1 ? "1 worker, this tab" : `${count} workers, this tab`),
    loading: "Loading …",
  },

  time: {
    label: "Time",
    pause: "Pause the clock",
    run: "Let the clock run",
    step: "Run to the next event",
    speed: "speed",
    slider: "Speed of the cluster’s clock",
    auto: "auto",
    autoTitle: "Hurry through waits, slow down for elections",
    at: (seconds: string, event: number) => `${seconds} s of cluster time · event ${event}`,
    seed: "Seed",
    track: "What happened",
    start: "start",
    leads: (name: string, number: number) => `${name} leads term ${number}`,
    replayed: (count: number) => `replayed ${plural(count, "entry", "entries")}`,
  },

  firstRun: {
    headline: "A real etcd‑style cluster, alive in this tab.",
    opening: (size: number) =>
      `${
        Word(size)
      } members, each in its own worker with its own disk. The first timer to run out asks for votes.`,
    leads: (size: number, name: string) =>
      `${
        Word(size)
      } members, each in its own worker with its own disk. ${name} leads. Its heartbeats keep the other ${
        word(size - 1)
      } from taking over.`,
    crash: "Crash the leader",
    countdown: (name: string, seconds: number) => `or just watch: ${name} crashes in ${seconds} s`,
    skip: "Go straight to the playground",
    gone: ["The leader is gone.", "The cluster is not."] as readonly string[],
    waiting: (name: string) => [`${name} lost power. The others still wait for its heartbeats.`] as Rich,
    asking: (name: string, number: number): Rich => [
      `${name}’s timer ran out first. It asks for votes in `,
      term(number),
      ".",
    ],
    after: (name: string, number: number, needed: number, size: number): Rich => [
      `${name}’s timer ran out first. It asked for votes in `,
      term(number),
      ` and got them. ${Word(needed)} of ${word(size)} is a quorum.`,
    ],
    back: (name: string) => `Bring ${name} back`,
    kept: (number: number, count: number) =>
      `It kept its disk: term ${number}, its vote and ${plural(count, "entry", "entries")}.`,
    next: {
      break: ["Break it yourself", "crashes, pauses, cut links"],
      write: ["Write a key", "and watch it reach a quorum of disks"],
      grow: ["Make it five", "a new cluster that can lose two"],
      open: "Open",
    },
    notes: {
      heartbeat: ["A heartbeat.", "It refills the ring."],
      timer: (name: string) => ["Time left.", `Empty, and ${name} asks`, "for the lead itself."],
      term: (number: number) => [`Term ${number}.`, "A new leader means a new", "term, and a new colour."],
    },
    now: (scale: string) => `now, at ${scale} of real speed`,
  },

  returned: {
    headline: (first: string, last: string, count: number) =>
      `${first === last ? first : `${first}–${last}`} replayed ${
        plural(count, "entry", "entries")
      } from disk.`,
    text:
      "They know their term, their votes and their log. Who leads is forgotten: the first timer to run out asks.",
    textOne: "It knows its term, its vote and its log, and leads again by itself.",
    read: "Read from disk",
    entries: "Entries",
    term: "Term",
    vote: "Vote",
    commit: "Commit",
    go: "Go on",
    startOver: "Start over with empty disks",
    sure: "Throw the disks away?",
  },

  help: {
    title: "Keys",
    close: "Close",
    rows: [
      ["1 – 9", "select a member"],
      ["Enter", "its verbs"],
      ["X", "crash or restart it"],
      ["Z", "pause or resume it"],
      ["E", "let its timer strike now"],
      ["C", "write a key"],
      ["H", "mend every link"],
      ["S", "space-time"],
      ["V", "client history"],
      ["M", "meters"],
      ["K", "terminal"],
      ["L", "events"],
      ["Space", "pause the clock"],
      [".", "run to the next event"],
      ["[  ]", "slower, faster"],
      ["0", "speed by itself"],
      ["?", "this list"],
      ["Esc", "close, deselect"],
    ] as readonly (readonly [string, string])[],
    console: "In the browser’s console, flotilla.help() lists the same verbs for scripts.",
    touch: "Press a member or a link to see what can be done to it.",
  },

  phone: {
    tabs: { lesson: "Lesson", stage: "Stage", log: "Log", member: "Member", keys: "Keys" },
    crash: (name: string) => `Crash ${name}`,
    bringBack: (name: string) => `Bring ${name} back`,
    heal: "Mend every link",
    waiting: "Nobody leads yet",
    verbs: "Verbs",
  },

  trouble: {
    title: "The cluster cannot run here.",
    noWorkers:
      "This browser gives the page no workers, and every member needs one. A current Chrome, Firefox or Safari will do.",
    noIndexedDb:
      "This browser gives the page no disk (IndexedDB). Private windows often refuse it: open the page in an ordinary window.",
    noBroadcastChannel:
      "This browser has no BroadcastChannel, which is the members’ network. A current version will do.",
    noLocks:
      "This browser has no Web Locks, which keep two tabs off one disk. Open the page over https or from localhost.",
    quota: "The browser’s storage for this site is full. Free some space, or start over with empty disks.",
    unknown: (message: string) => `Something of ours went wrong: ${message}`,
    again: "Try again",
    memberStopped: (name: string, why: string) => `${name} does not run: ${why}`,
    dismiss: "Dismiss",
  },

  offline: offlineEn,
  runs: runsEn,
  /** An event as a sentence. */
  sentence: (description: Description) => sentenceOf(description, ENGLISH),
};

/** What every language has to say. */
export type Strings = typeof en;
