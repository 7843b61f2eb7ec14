// The words of the room that attaches to a running cluster, in English, loaded with the room. `attach_zh.ts` has the same
// shape. What etcd itself says stays in etcd's words.

import type { EndpointTrouble } from "../attach/endpoints.ts";
import type { Silence } from "../attach/gateway.ts";
import type { Happening } from "../attach/story.ts";

const figure = (value: number) => value.toLocaleString("en");
const counted = (count: number, one: string, many = `${one}s`) =>
  `${figure(count)} ${count === 1 ? one : many}`;

export const attachEn = {
  title: "Attach to a running cluster",
  lede:
    "Flotilla members or a real etcd, 3.4 or later. The page asks them over their own HTTP interface and draws what they tell.",
  endpoints: "Client URLs",
  endpointsHint: "one or more, separated by commas; http is meant where nothing is said",
  connect: "Connect",
  nothingYet:
    "Nothing is asked before you press Connect. What you then put or delete is really put and deleted.",
  example: "127.0.0.1:2379, 127.0.0.1:22379, 127.0.0.1:32379",
  otherwise: {
    lead: "No cluster at hand?",
    snapshot: "Open a snapshot of one",
    setup: "Set one up",
  },
  needs: "What it needs",
  needItems: [
    "A cluster to talk to: three Flotilla members on this machine, or an etcd of yours.",
    "Members that let this page read their answers. Both do unless --cors was given; then it must name this page:",
    "Addresses that your browser reaches. A page from https:// may ask http:// on your own machine only.",
    "A door in front is fine too: one address for all members, but then only one of them is seen at a time.",
  ],
  traceNeed: "Flotilla members started with this flag also tell votes, messages, timers and their log:",

  troubles: {
    none: () => "Write the client URL of at least one member.",
    tooMany: (max: number) => `At most ${max} addresses.`,
    notUrl: (text: string) => `“${text}” is no address. Write it as 127.0.0.1:2379 or http://10.0.1.10:2379.`,
    scheme: (text: string) => `“${text}”: only http:// and https:// can be asked from a page.`,
    secret: (host: string) => `The address of ${host} holds a name or password. Leave it out.`,
    path: (text: string) => `“${text}”: a client URL ends behind its port.`,
  },
  trouble(trouble: EndpointTrouble): string {
    switch (trouble.kind) {
      case "none":
        return attachEn.troubles.none();
      case "tooMany":
        return attachEn.troubles.tooMany(trouble.max);
      default:
        return attachEn.troubles[trouble.kind](trouble.text);
    }
  },

  silence: (why: Silence["why"], host: string, origin: string): string => {
    switch (why) {
      case "unreachable":
        return `Nothing answers at ${host}. It is down, or your browser cannot reach it from here.`;
      case "timeout":
        return `${host} takes the connection and does not answer.`;
      case "cors":
        return `${host} answers, but does not let this page read its answers. Start that member with --cors='${origin}', or with --cors='*'.`;
      case "mixed":
        return `This page came over https, so your browser does not let it ask http://${host}. Open the page from http://localhost, or give the members https.`;
      case "foreign":
        return `What answers at ${host} is no etcd, or its JSON gateway is off (--enable-grpc-gateway).`;
      case "tooLarge":
        return `The answer of ${host} is too large for the page.`;
    }
  },
  /** Why an https address may be silent. */
  certificate: (url: string) =>
    `Does your browser trust its certificate? Open ${url}/version in a tab to see.`,
  foreignCluster: (host: string) => `${host} belongs to another cluster. It is not counted.`,
  retry: "Ask again",
  newEndpoint: (host: string) => `Ask ${host} too`,

  attachedTo: (host: string) => `attached · ${host}`,
  detach: "Detach",
  quorum: (needed: number, voters: number) => `Quorum is ${needed} of ${voters}.`,
  quorumAnswers: (answering: number, needed: number): string =>
    answering >= needed
      ? `${answering} answer${answering === 1 ? "s" : ""}, ${
        answering === needed ? "with none to spare" : `${answering - needed} to spare`
      }.`
      : `${answering} answer${answering === 1 ? "s" : ""} here: too few, as far as this page can reach.`,

  stage: "Members",
  roles: {
    leader: "leader",
    follower: "follower",
    learner: "learner",
    candidate: "candidate",
    preCandidate: "pre-candidate",
    silent: "no answer",
    asking: "asking",
    notAsked: "not asked",
    unstarted: "not started",
  },
  release: (release: { etcd: string; flotilla: string | null }) =>
    release.flotilla === null ? `etcd ${release.etcd}` : `Flotilla ${release.flotilla}`,
  askedEvery: "asked every 0.5 s",
  perSecond: (count: number) => `${count < 10 ? Math.round(count * 10) / 10 : Math.round(count)} a second`,
  linkUntold: "not told",
  tellsAll: "all it knows, as it happens",
  silentFor: (seconds: number) => `no answer for ${figure(seconds)} s`,
  memberLabel: (at: { name: string; role: string; term: number | null; applied: number | null }) =>
    `${at.name}, ${at.role}` +
    (at.term === null ? "" : `, term ${at.term}`) +
    (at.applied === null ? "" : `, applied ${figure(at.applied)}`),

  words: {
    asking: ["Asking.", "The first answer draws the cluster."],
    nobody: ["Nobody answers.", "The page asks on, and shows the cluster as soon as one of these answers."],
    noLeader: ["Nobody leads.", "Members answer, and none of them knows of a leader. Writes wait."],
    whole: (leader: string, term: number, count: number) => [
      `${leader} leads term ${term}.`,
      count === 1 ? "It is alone, and answers." : `All ${count} members answer.`,
    ],
    partly: (leader: string, term: number, silent: readonly string[]) => [
      `${leader} leads term ${term}.`,
      `${silent.join(", ")} ${
        silent.length === 1 ? "does" : "do"
      } not answer. Down, or only out of our reach: the page cannot tell.`,
    ],
  },
  key: {
    ring: "a ring: we are told the timer",
    dots: "dots: there is one, we are not told",
    question: "?: down, or only out of our reach",
  },

  log: {
    title: "Log, as far as it is told",
    index: "index",
    onDisk: "on disk",
    upTo: (index: number) => `≤ ${figure(index)}`,
    applied: (index: number) => `applied to ${figure(index)} by its own word; which entries, it does not say`,
    appliedShort: (index: number) => `applied to ${figure(index)}`,
    more: "more? not told",
    lastHeard: (seconds: number, applied: number, term: number) =>
      `last heard ${figure(seconds)} s ago: applied to ${figure(applied)}, term ${term}`,
    neverHeard: "never heard",
    notAsked: "not asked",
    unstarted: "added, and not started yet",
    orMore: (known: number) => `${known} or more`,
    exactly: (known: number) => String(known),
    cell: (at: { name: string; index: number; term: number; label: string }) =>
      `${at.name}, entry ${figure(at.index)}, term ${at.term}: ${at.label}`,
    legend: { bar: "one number, no entries", dotted: "not told", cell: "entry, told and applied" },
    told: (name: string) =>
      `Told by ${name}: term, leader, applied index, revision, database size, members, alarms.`,
    never:
      "Never told by etcd: timers, votes, messages, the log’s entries, what is on disk. We draw none of them.",
    allTold:
      "Told by Flotilla members with a trace: timers, votes, messages, and the log’s entries as they become safe.",
  },

  panes: { label: "What is shown", keys: "Keys", leases: "Leases", members: "Members" },
  from: "Read from",
  whoeverLeads: (name: string) => (name === "" ? "whoever leads" : `${name}, leading`),
  readFrom: (revision: number) => `revision ${figure(revision)}`,
  keys: {
    prefix: "Keys that start with",
    all: "all keys",
    head: { key: "Key", value: "Value", revision: "Revision" },
    shown: (shown: number, count: number) =>
      shown === count ? counted(count, "key") : `${figure(shown)} of ${counted(count, "key")}`,
    none: "No key here.",
    live: "Changes show as they come.",
    notLive: "The watch is closed. It is opened again.",
    version: (version: number) => `version ${figure(version)}`,
    changes: (changes: number) =>
      changes === 0
        ? "Unchanged since we attached. The term it was written in is not told."
        : changes === 1
        ? "One change since we attached."
        : `${figure(changes)} changes since we attached.`,
    deleted: "deleted",
    lease: (id: string) => `tied to lease ${id}`,
    name: "Key",
    value: "Value",
    get: "Get",
    put: "Put",
    delete: "Delete",
    warning: "This is your cluster: a put here is a real put.",
    done: {
      put: (key: string, revision: number) => `Put ${key} at revision ${figure(revision)}.`,
      got: (key: string, value: string, revision: number) =>
        `${key} is “${value}”, since revision ${figure(revision)}.`,
      nothing: (key: string) => `There is no key ${key}.`,
      deleted: (key: string, count: number) =>
        count === 0 ? `There was no key ${key} to delete.` : `Deleted ${key}.`,
    },
    needKey: "Write a key first.",
  },
  leases: {
    none: "No leases.",
    left: (left: string, granted: number) => `${left} s left of ${figure(granted)} s`,
    answer: (name: string, age: string) => `${name}’s answer, ${age} s old`,
    keys: (count: number) => counted(count, "key"),
    more: (shown: number, count: number) => `${figure(shown)} of ${figure(count)} leases`,
    notTold: "What is left of leases is not told.",
  },
  members: {
    term: "Term",
    index: "Committed index",
    applied: "Applied index",
    revision: "Revision",
    db: "Database",
    dbValue: (total: string, used: string | null) => (used === null ? total : `${total}, ${used} in use`),
    health: "Health",
    healthy: "healthy",
    unhealthy: "not healthy",
    notTold: "not told",
    alarms: "Alarms",
    id: "Id",
    peerUrls: "Peer URLs",
    remove: "Remove",
    promote: "Promote",
    removeAsk: (name: string) => `Really remove ${name} from your cluster?`,
    removeYes: "Remove it",
    keep: "Keep it",
    add: "Add a member",
    peerUrl: "Its peer URL",
    asLearner: "as a learner",
    addDo: "Add",
    added: (id: string) =>
      `Member ${id} is on the list. Start it now, with --initial-cluster-state existing.`,
    addedLearner: (id: string) =>
      `Learner ${id} is on the list. Start it now, with --initial-cluster-state existing; promote it when it has caught up.`,
    removed: (name: string) => `${name} is off the list.`,
    promoted: (name: string) => `${name} votes from now on.`,
    needUrl: "Write the peer URL that the new member will have, such as http://127.0.0.1:42380.",
    machine: "To crash, pause or restart a member, go to its machine: its client port does not offer that.",
  },
  refused: (name: string, says: string) => `${name} refuses: ${says}`,

  time: {
    label: "Since we attached",
    attached: (at: string, now: string) => `attached ${at}, now ${now}`,
    live: "live",
    noSeed: "no seed: not ours to replay",
    events: "What happened",
  },
  happening(what: Happening): string {
    switch (what.kind) {
      case "attached":
        return what.members === 0 ? "Attached." : `Attached to ${counted(what.members, "member")}.`;
      case "leads":
        return `${what.name} leads term ${what.term}.`;
      case "noLeader":
        return "Nobody leads.";
      case "silent":
        return `${what.name} does not answer any more.`;
      case "back":
        return `${what.name} answers again.`;
      case "added":
        return `${what.name} was added${what.isLearner ? " as a learner" : ""}.`;
      case "started":
        return `${what.name} has started.`;
      case "promoted":
        return `${what.name} has a vote now.`;
      case "removed":
        return `${what.name} was removed.`;
      case "voted":
        return what.name === what.candidate
          ? `${what.name} votes for itself in term ${what.term}.`
          : what.granted
          ? `${what.name} says yes to ${what.candidate} in term ${what.term}.`
          : `${what.name} says no to ${what.candidate} in term ${what.term}.`;
    }
  },
};

export type AttachStrings = typeof attachEn;
