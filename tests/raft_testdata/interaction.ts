// Plays the scenarios of etcd-io/raft's interaction tests: a handful of nodes, a bag of messages between them, and
// commands that move both. Every write is durable at once, as in the reference's synchronous mode.

import { concatBytes, utf8 } from "../../core/base/bytes.ts";
import { type MemberId, memberIdOf, shortId } from "../../core/base/ids.ts";
import { Prng } from "../../core/base/prng.ts";
import {
  confChangeOf,
  type ConfChangeTransition,
  describeConfig,
  describeEntry,
  describeHardState,
  describeLeader,
  describeMessage,
  describeProgress,
  describeSnapshot,
  describeSoftState,
  EMPTY_CONFIG,
  type Entry,
  type Message,
  message,
  MESSAGE_NAMES,
  PEER_NOT_FOUND,
  type ProposeOutcome,
  type RaftEvent,
  RaftNode,
  type RaftOptions,
  type Ready,
  type Role,
  ROLE_NAMES,
  type Snapshot,
} from "../../core/raft/mod.ts";
import { parseChanges, textCodec } from "./changes.ts";
import { type Argument, bareWords, type Case, valueOf, valuesOf } from "./datadriven.ts";

const ELECTION_TICKS = 3;
const HEARTBEAT_TICKS = 1;
const DROPPED = "raft proposal dropped";

/** How the reference's log lines name the roles. */
const ROLE_WORDS: Readonly<Record<Role, string>> = {
  follower: "follower",
  preCandidate: "pre-candidate",
  candidate: "candidate",
  leader: "leader",
};

interface Node {
  readonly id: MemberId;
  readonly raft: RaftNode;
  /** The log on this node's disk, after `base`. */
  base: number;
  entries: Entry[];
  /** Every snapshot this node could have taken, the last one of its present state. */
  readonly history: Snapshot[];
}

export class InteractionWorld {
  readonly #nodes: Node[] = [];
  #messages: Message[] = [];
  #lines: string[] = [];
  #indent = "";
  #silent = false;

  /** Runs one command; the text is what the reference would print, without most of its log lines. */
  run(command: Case): string {
    this.#lines = [];
    const error = this.#dispatch(command);
    if (error !== null) this.#lines.push(error);
    return this.#lines.length === 0 ? "ok" : this.#lines.join("\n");
  }

  #dispatch({ command, args, input }: Case): string | null {
    const words = bareWords(args);
    const node = () => this.#node(words[0]!);
    switch (command) {
      case "add-nodes":
        this.#addNodes(Number(words[0]), args);
        return null;
      case "campaign":
        node().raft.campaign();
        return null;
      case "propose":
        return errorOf(node().raft.propose([utf8(words[1]!)]));
      case "propose-conf-change": {
        const transition = (valueOf(args, "transition") ?? "auto") as ConfChangeTransition;
        const change = {
          transition,
          changes: parseChanges(input),
          context: new Uint8Array(0),
          requestId: 0n,
        };
        return errorOf(node().raft.proposeConfChange(change, valueOf(args, "v1") === "true"));
      }
      case "process-ready":
        this.#forEach(words, "handling Ready", (each) => this.#processReady(each));
        return null;
      case "deliver-msgs":
        this.#deliverCommand(args);
        return null;
      case "stabilize":
        this.#stabilizeAt(valueOf(args, "log-level"), words);
        return null;
      case "tick-heartbeat":
        for (let i = 0; i < HEARTBEAT_TICKS; i++) node().raft.tick();
        return null;
      case "tick-election":
        for (let i = 0; i < ELECTION_TICKS; i++) node().raft.tick();
        return null;
      case "set-randomized-election-timeout":
        node().raft.pinElectionDeadline(Number(valueOf(args, "timeout")));
        return null;
      case "compact":
        this.#compact(node(), Number(words[1]));
        this.#printLog(node());
        return null;
      case "send-snapshot":
        this.#sendSnapshot(node(), this.#node(words[1]!));
        return null;
      case "report-unreachable":
        node().raft.reportUnreachable(this.#node(words[1]!).id);
        return null;
      case "transfer-leadership":
        this.#node(valueOf(args, "from")!).raft.transferLeadership(memberIdOf(Number(valueOf(args, "to"))));
        return null;
      case "forget-leader":
        node().raft.forgetLeader();
        return null;
      case "raft-log":
        this.#printLog(node());
        return null;
      case "raft-state":
        this.#nodes.forEach((each) => this.#printState(each));
        return null;
      case "status":
        for (const [id, progress] of node().raft.status().progress) {
          this.#print(`${shortId(id)}: ${describeProgress(progress)}`);
        }
        return null;
      case "log-level":
        this.#silent = words[0]!.toLowerCase() === "none";
        return null;
      default:
        return `unknown command ${command}`;
    }
  }

  #node(word: string): Node {
    const node = this.#nodes[Number(word) - 1];
    if (node === undefined) throw new Error(`no node ${word}`);
    return node;
  }

  #print(text: string): void {
    if (this.#silent) return;
    for (const line of text.split("\n")) this.#lines.push(this.#indent + line);
  }

  #indented(title: string, print: () => void): void {
    this.#print(title);
    this.#indent += "  ";
    print();
    this.#indent = this.#indent.slice(2);
  }

  #forEach(words: readonly string[], doing: string, act: (node: Node) => void): void {
    for (const word of words) {
      const node = this.#node(word);
      if (words.length === 1) act(node);
      else this.#indented(`> ${shortId(node.id)} ${doing}`, () => act(node));
    }
  }

  // ── nodes ──────────────────────────────────────────────────────────────────────────────────────────────────

  #addNodes(count: number, args: readonly Argument[]): void {
    const ids = (key: string) => (valuesOf(args, key) ?? []).map((value) => memberIdOf(Number(value)));
    const index = Number(valueOf(args, "index") ?? 0);
    const voters = ids("voters");
    const learners = ids("learners");
    const isBootstrapped = index > 0 || voters.length > 0 || learners.length > 0;
    const snapshot: Snapshot = {
      meta: { index, term: isBootstrapped ? 1 : 0, confState: { ...EMPTY_CONFIG, voters, learners } },
      data: utf8(valueOf(args, "content") ?? ""),
    };
    for (let i = 0; i < count; i++) {
      const id = memberIdOf(this.#nodes.length + 1);
      const history = [snapshot];
      const raft = new RaftNode(
        this.#optionsFor(id, args),
        {
          hardState: { term: 0, vote: null, commit: index },
          snapshot: snapshot.meta,
          entries: [],
          applied: index,
        },
        { codec: textCodec, latestSnapshot: () => history[history.length - 1]! },
      );
      this.#nodes.push({ id, raft, base: index, entries: [], history });
    }
  }

  #optionsFor(id: MemberId, args: readonly Argument[]): RaftOptions {
    const isOn = (key: string) => valueOf(args, key) === "true";
    return {
      id,
      electionTicks: ELECTION_TICKS,
      heartbeatTicks: HEARTBEAT_TICKS,
      preVote: isOn("prevote"),
      checkQuorum: isOn("checkquorum"),
      readOnly: valueOf(args, "read-only") === "lease-based" ? "leaseBased" : "safe",
      messageBytesMax: Infinity,
      inflightMessagesMax: Number(valueOf(args, "inflight") ?? Infinity),
      uncommittedBytesMax: Infinity,
      committedBytesMax: Number(valueOf(args, "max-committed-size-per-ready") ?? Infinity),
      disableConfChangeValidation: isOn("disable-conf-change-validation"),
      stepDownOnRemoval: isOn("step-down-on-removal"),
      prng: new Prng(1),
      onEvent: (event) => this.#noteEvent(id, event),
    };
  }

  /** Roles, configurations and refusals are part of the story; the other events have no line in the reference. */
  #noteEvent(id: MemberId, event: RaftEvent): void {
    if (event.kind === "role") {
      this.#print(`INFO ${shortId(id)} became ${ROLE_WORDS[event.role]} at term ${event.term}`);
    } else if (event.kind === "config") {
      this.#print(`INFO ${shortId(id)} switched to configuration ${describeConfig(event.config)}`);
    } else if (event.kind === "refused" && event.why === PEER_NOT_FOUND) {
      this.#print("raft: cannot step as peer not found");
    } else if (event.kind === "refused" && event.what === "propose") {
      this.#print(DROPPED);
    }
  }

  #printState({ raft }: Node): void {
    const { id, role, term, leader, config } = raft.status();
    const votes = config.voters.includes(id) || config.votersOutgoing.includes(id)
      ? "(Voter)"
      : "(Non-Voter)";
    this.#print(`${shortId(id)}: ${ROLE_NAMES[role]} ${votes} Term:${term} Lead:${describeLeader(leader)}`);
  }

  #printLog(node: Node): void {
    const last = node.base + node.entries.length;
    if (node.entries.length === 0) {
      this.#print(`log is empty: first index=${node.base + 1}, last index=${last}`);
    }
    for (const entry of node.entries) this.#print(describeEntry(entry, textCodec));
  }

  #compact(node: Node, index: number): void {
    node.raft.compact(index);
    node.entries = node.entries.slice(index - node.base);
    node.base = index;
  }

  #sendSnapshot(from: Node, to: Node): void {
    const sent = message({
      kind: "snapshot",
      from: from.id,
      to: to.id,
      term: from.raft.status().term,
      snapshot: from.history[from.history.length - 1]!,
    });
    this.#messages.push(sent);
    this.#print(describeMessage(sent, textCodec));
  }

  // ── hand-over ──────────────────────────────────────────────────────────────────────────────────────────────

  #processReady(node: Node): void {
    const ready = node.raft.takeReady();
    this.#printReady(ready);
    this.#store(node, ready);
    for (const entry of ready.committed) this.#apply(node, entry);
    if (ready.receipt !== null) node.raft.written(ready.receipt);
    this.#messages.push(...ready.messages, ...ready.messagesAfterWrite);
    const last = ready.committed[ready.committed.length - 1];
    if (last !== undefined) node.raft.applied(last.index);
  }

  #printReady(ready: Ready): void {
    const lines: string[] = [];
    if (ready.softState !== null) lines.push(describeSoftState(ready.softState));
    if (ready.hardState !== null) lines.push(`HardState ${describeHardState(ready.hardState)}`);
    if (ready.entries.length > 0) lines.push("Entries:", ...ready.entries.map(describe));
    if (ready.snapshot !== null) lines.push(`Snapshot ${describeSnapshot(ready.snapshot)}`);
    if (ready.committed.length > 0) lines.push("CommittedEntries:", ...ready.committed.map(describe));
    const messages = [...ready.messages, ...ready.messagesAfterWrite];
    if (messages.length > 0) {
      lines.push(
        "Messages:",
        ...messages.map((each) => describeMessage(each, textCodec)),
      );
    }
    if (lines.length === 0) this.#print("<empty Ready>");
    else this.#print(["Ready:", ...lines].join("\n"));
  }

  #store(node: Node, { snapshot, entries }: Ready): void {
    if (snapshot !== null) {
      node.history.push(snapshot);
      node.base = snapshot.meta.index;
      node.entries = [];
    }
    const first = entries[0];
    if (first === undefined) return;
    const at = first.index - node.base - 1;
    if (at < 0 || at > node.entries.length) throw new Error(`entry ${first.index} leaves a gap on disk`);
    node.entries.splice(at, Infinity, ...entries);
  }

  #apply(node: Node, entry: Entry): void {
    const state = node.history[node.history.length - 1]!;
    if (entry.index !== state.meta.index + 1) {
      throw new Error(`${entry.index} applied after ${state.meta.index}`);
    }
    const change = confChangeOf(textCodec, entry);
    const confState = change === null ? state.meta.confState : node.raft.applyConfChange(change);
    const payload = change === null ? entry.data : change.context;
    node.history.push({
      meta: { index: entry.index, term: entry.term, confState },
      data: concatBytes([state.data, payload]),
    });
  }

  // ── network ────────────────────────────────────────────────────────────────────────────────────────────────

  #deliverCommand(args: readonly Argument[]): void {
    const type = valueOf(args, "type");
    let count = 0;
    for (const word of bareWords(args)) {
      count += this.#deliver(memberIdOf(Number(word)), { type, drop: false });
    }
    for (const word of valuesOf(args, "drop") ?? []) {
      count += this.#deliver(memberIdOf(Number(word)), { type, drop: true });
    }
    if (count === 0) this.#print("no messages");
  }

  /** Delivers or drops what is on its way to `to`; returns how many messages that were. */
  #deliver(to: MemberId, how: { readonly type: string | undefined; readonly drop: boolean }): number {
    const isMeant = (each: Message) =>
      each.to === to && (how.type === undefined || MESSAGE_NAMES[each.kind] === how.type);
    const meant = this.#messages.filter(isMeant);
    this.#messages = this.#messages.filter((each) => !isMeant(each));
    for (const each of meant) {
      this.#print((how.drop ? "dropped: " : "") + describeMessage(each, textCodec));
      if (!how.drop) this.#node(String(parseInt(to, 16))).raft.step(each);
    }
    return meant.length;
  }

  #stabilizeAt(level: string | undefined, words: readonly string[]): void {
    const before = this.#silent;
    if (level !== undefined) this.#silent = level === "none";
    this.#stabilize(words.length === 0 ? this.#nodes : words.map((word) => this.#node(word)));
    this.#silent = before;
  }

  #stabilize(nodes: readonly Node[]): void {
    for (let isQuiet = false; !isQuiet;) {
      isQuiet = true;
      for (const node of nodes) {
        if (!node.raft.hasReady()) continue;
        this.#indented(`> ${shortId(node.id)} handling Ready`, () => this.#processReady(node));
        isQuiet = false;
      }
      for (const node of nodes) {
        if (!this.#messages.some((each) => each.to === node.id)) continue;
        this.#indented(`> ${shortId(node.id)} receiving messages`, () => {
          this.#deliver(node.id, { type: undefined, drop: false });
        });
        isQuiet = false;
      }
    }
  }
}

function describe(entry: Entry): string {
  return describeEntry(entry, textCodec);
}

function errorOf(outcome: ProposeOutcome): string | null {
  return outcome.kind === "dropped" ? DROPPED : null;
}
