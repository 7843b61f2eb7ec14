// The terminal: what stands on it, what is being typed, and the command at work. The commands are core's; here their
// steps are carried out on the cluster of this page.

import { fromUtf8 } from "../../core/base/bytes.ts";
import { isEtcdError } from "../../core/base/etcd_error.ts";
import type { ClientRequest } from "../../core/member/io.ts";
import {
  complete,
  type Completion,
  type CtlAnswer,
  type CtlResume,
  type CtlRun,
  type CtlStep,
  EXIT,
  pastedLines,
  runLine,
  type WatchNews,
} from "../../core/etcd/ctl/mod.ts";
import type { HostedMember } from "../../workers/browser/cluster_api.ts";
import { panelStrings } from "../text/panels.ts";
import { memberByName } from "./reading.ts";
import type { Session } from "./session.svelte.ts";

export interface TerminalLine {
  readonly id: number;
  /** "typed" stands behind a prompt; "note" is the page's own remark. */
  readonly kind: "typed" | "out" | "error" | "note";
  readonly text: string;
}

const LINES_MAX = 600;
const HISTORY_MAX = 200;
const HISTORY_KEY = "flotilla.terminal";
/** Real milliseconds between two looks at a virtual wait. */
const WAIT_LOOK_MS = 50;

/** Ends what a command waits for when it is interrupted. */
class Interrupted extends Error {
  override name = "Interrupted";
}

export class Terminal {
  lines: readonly TerminalLine[] = $state.raw([]);
  input = $state("");
  /** What the command at work asks for; null while it asks for nothing. */
  prompt: string | null = $state(null);
  busy = $state(false);
  /** The member that is asked where a command names none. */
  endpoint: string = $state("");
  completion: Completion | null = $state.raw(null);
  /** Of the completion's suggestions. */
  chosen = $state(0);
  /** The last command line, for its twin in the real world. */
  lastCommand: { readonly line: string; readonly atMs: number } | null = $state.raw(null);

  readonly #session: Session;
  #history: string[] = readHistory();
  #historyAt: number | null = null;
  #draft = "";
  #nextId = 1;
  #nextWatchId = 1;
  /** Lines that were pasted and wait for their turn. */
  #pending: string[] = [];
  #onLine: ((line: string | null) => void) | null = null;
  #interrupt: (() => void) | null = null;
  #watchNews: WatchNews[] = [];
  #onNews: ((news: WatchNews) => void) | null = null;
  #stopWatch: (() => void) | null = null;

  constructor(session: Session, greeting: string) {
    this.#session = session;
    this.endpoint = session.leader?.name ?? session.members[0]?.name ?? "";
    this.#say("note", greeting);
  }

  /** Enter was pressed. */
  submit(): void {
    const line = this.input;
    this.input = "";
    this.completion = null;
    this.#take(line);
  }

  /** Text with several lines runs line by line; its last, unfinished line stays to be edited. */
  paste(text: string): void {
    const lines = [...pastedLines(this.input + text)];
    const rest = lines.pop() ?? "";
    this.input = "";
    this.#pending.push(...lines);
    if (rest.trim() !== "" && lines.length === 0) this.input = rest;
    else if (rest !== "") this.#pending.push(rest);
    this.#goOn();
  }

  interrupt(): void {
    this.completion = null;
    this.#pending = [];
    if (this.#interrupt !== null) {
      this.#interrupt();
      return;
    }
    this.#say("typed", `${this.input}^C`);
    this.input = "";
  }

  clear(): void {
    this.lines = [];
  }

  /** Goes through what was typed before. */
  recall(by: -1 | 1): void {
    if (this.#history.length === 0) return;
    if (this.#historyAt === null) {
      if (by === 1) return;
      this.#draft = this.input;
      this.#historyAt = this.#history.length;
    }
    const at = this.#historyAt + by;
    if (at >= this.#history.length) {
      this.#historyAt = null;
      this.input = this.#draft;
    } else {
      this.#historyAt = Math.max(0, at);
      this.input = this.#history[this.#historyAt]!;
    }
    this.completion = null;
  }

  /** Tab: the one word that fits is put in its place, several are offered. */
  completeWord(keys: readonly string[]): void {
    if (this.completion !== null) return this.accept();
    const { frame } = this.#session;
    const found = complete(this.input, {
      keys,
      endpoints: frame.members.map(({ name }) => name),
      members: frame.members.map(({ name, id }) => ({ name, id })),
      leases: [],
      processes: frame.members.map((_, at) => `etcd${at + 1}`),
    });
    if (found.suggestions.length === 0) return;
    this.completion = found;
    this.chosen = 0;
    if (found.suggestions.length === 1) this.accept();
  }

  moveChoice(by: -1 | 1): void {
    const count = this.completion?.suggestions.length ?? 0;
    if (count > 0) this.chosen = (this.chosen + by + count) % count;
  }

  accept(at = this.chosen): void {
    const { completion } = this;
    const suggestion = completion?.suggestions[at];
    this.completion = null;
    if (completion === null || suggestion === undefined) return;
    const space = suggestion.text.endsWith("=") ? "" : " ";
    this.input = this.input.slice(0, completion.from) + suggestion.text + space;
  }

  // --- Lines -------------------------------------------------------------------------------------------------------

  #take(line: string): void {
    if (this.#onLine !== null) {
      this.#say("typed", line);
      const answer = this.#onLine;
      this.#onLine = null;
      this.prompt = null;
      return answer(line);
    }
    if (this.busy) {
      this.#pending.push(line);
      return;
    }
    void this.#run(line);
  }

  #goOn(): void {
    while (this.#pending.length > 0 && (this.#onLine !== null || !this.busy)) {
      this.#take(this.#pending.shift()!);
    }
  }

  async #run(line: string): Promise<void> {
    this.#say("typed", line);
    if (line.trim() === "") return;
    this.#remember(line);
    if (line.trim() === "clear") return this.clear();
    this.lastCommand = { line: line.trim(), atMs: this.#session.now() };
    this.busy = true;
    const { members } = this.#session.frame;
    const run = runLine(line, {
      endpoints: [clientAddressOf(this.#session, this.endpoint)],
      processes: members.map(({ state }, at) => ({ name: `etcd${at + 1}`, isRunning: state === "running" })),
      unixSeconds: Math.floor(Date.now() / 1000),
    });
    try {
      await this.#drive(run);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      this.#say("note", "^C");
    } finally {
      run.return(EXIT.interrupted);
      this.#stopWatch?.();
      this.#stopWatch = null;
      this.#interrupt = null;
      this.#onLine = null;
      this.prompt = null;
      this.busy = false;
    }
    this.#goOn();
  }

  async #drive(run: CtlRun): Promise<void> {
    let resume: CtlResume = undefined;
    for (;;) {
      const next = run.next(resume);
      if (next.done === true) return;
      const { promise: interrupted, reject } = Promise.withResolvers<never>();
      this.#interrupt = () => reject(new Interrupted());
      resume = await Promise.race([this.#carryOut(next.value), interrupted]);
    }
  }

  async #carryOut(step: CtlStep): Promise<CtlResume> {
    switch (step.kind) {
      case "print":
        this.#say(step.stream === "out" ? "out" : "error", step.text);
        return undefined;
      case "ask":
        return await this.#ask(step.endpoint, step.request);
      case "line":
        return await this.#nextLine(step.prompt);
      case "wait":
        return await this.#wait(step.ms);
      case "process":
        return await this.#process(step.verb, step.name);
      case "watch":
        return await this.#watch(step);
      case "watchNext":
        return await this.#nextNews();
    }
  }

  async #ask(endpoint: string, request: ClientRequest): Promise<CtlAnswer> {
    const member = memberAt(this.#session, endpoint);
    if (member === null) {
      this.#say("note", `# ${panelStrings(this.#session.settings.language).terminal.noEndpoint(endpoint)}`);
      return { kind: "unreachable" };
    }
    const beganMs = this.#session.now();
    try {
      const response = await this.#session.request("shell", member.name, request, toldOf(request));
      return { kind: "answered", response, tookMs: this.#session.now() - beganMs };
    } catch (error) {
      this.#say("note", `# ${error instanceof Error ? error.message : String(error)}`);
      return { kind: "unreachable" };
    }
  }

  #nextLine(prompt: string): Promise<string | null> {
    if (prompt !== "") this.#say("note", prompt);
    const pasted = this.#pending.shift();
    if (pasted !== undefined) {
      this.#say("typed", pasted);
      return Promise.resolve(pasted);
    }
    this.prompt = ">";
    return new Promise((resolve) => {
      this.#onLine = resolve;
    });
  }

  /** Of the cluster's time: a clock that stands still makes this wait, too. */
  async #wait(ms: number): Promise<undefined> {
    const endMs = this.#session.now() + ms;
    while (this.#session.now() < endMs && this.busy) {
      await new Promise((resolve) => setTimeout(resolve, WAIT_LOOK_MS));
    }
    return undefined;
  }

  async #process(verb: "start" | "stop" | "restart", process: string): Promise<string | null> {
    const { members } = this.#session.frame;
    const place = /^etcd([1-9])$/.exec(process);
    const member = place === null
      ? memberByName(this.#session.frame, process)
      : members[Number(place[1]) - 1];
    if (member === undefined) return `unknown proc: ${process}`;
    try {
      if (verb !== "start" && member.state !== "stopped") await this.#session.crash(member.name);
      if (verb !== "stop") await this.#session.restart(member.name);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #watch(step: Extract<CtlStep, { kind: "watch" }>): Promise<WatchNews> {
    const member = memberAt(this.#session, step.endpoint);
    const id = this.#nextWatchId++;
    const { bench } = this.#session;
    this.#watchNews = [];
    const tell = (news: WatchNews): void => {
      if (this.#onNews === null) this.#watchNews.push(news);
      else this.#onNews(news);
    };
    if (member === null) return Promise.resolve({ kind: "ended" });
    try {
      const note = { id, client: "shell", what: fromUtf8(step.create.key), lastRevision: 0 };
      const stop = this.#session.watch(member.name, step.create, (response) => {
        const last = isEtcdError(response) || response.result.kind !== "watch"
          ? undefined
          : response.result.events.at(-1);
        if (last !== undefined) {
          bench.watches = bench.watches.map((one) =>
            one.id === id ? { ...one, lastRevision: last.kv.modRevision } : one
          );
        }
        tell({ kind: "response", response });
      }, (why) => {
        this.#say("note", `# ${why}`);
        tell({ kind: "ended" });
      });
      bench.watches = [...bench.watches, note];
      this.#stopWatch = () => {
        stop();
        bench.watches = bench.watches.filter((one) => one.id !== id);
      };
    } catch (error) {
      this.#say("note", `# ${error instanceof Error ? error.message : String(error)}`);
      return Promise.resolve({ kind: "ended" });
    }
    return this.#nextNews();
  }

  #nextNews(): Promise<WatchNews> {
    const news = this.#watchNews.shift();
    if (news !== undefined) return Promise.resolve(news);
    return new Promise((resolve) => {
      this.#onNews = (told) => {
        this.#onNews = null;
        resolve(told);
      };
    });
  }

  #say(kind: TerminalLine["kind"], text: string): void {
    this.lines = [...this.lines, { id: this.#nextId++, kind, text }].slice(-LINES_MAX);
  }

  #remember(line: string): void {
    this.#historyAt = null;
    if (this.#history[this.#history.length - 1] !== line) this.#history.push(line);
    this.#history = this.#history.slice(-HISTORY_MAX);
    try {
      sessionStorage.setItem(HISTORY_KEY, JSON.stringify(this.#history));
    } catch {
      // A browser that keeps nothing forgets it with the page.
    }
  }
}

/** The member behind an endpoint as people write it: a client address with or without its scheme, or a name. */
export function memberAt(session: Session, endpoint: string): HostedMember | null {
  const { frame } = session;
  const address = endpoint.replace(/^https?:\/\//, "").replace(/\/$/, "").replace(
    /^localhost:/,
    "127.0.0.1:",
  );
  return frame.members.find(({ name, id }) =>
    name === endpoint ||
    clientUrls(session, id).some((url) => url.replace(/^https?:\/\//, "") === address)
  ) ?? null;
}

/** Where a member takes clients, as its cluster knows it; its name before that is known. */
export function clientAddressOf(session: Session, name: string): string {
  const member = memberByName(session.frame, name);
  const url = member === undefined ? undefined : clientUrls(session, member.id)[0];
  return url?.replace(/^https?:\/\//, "") ?? name;
}

/** A member that was down when another one came may not know it: whoever knows is asked. */
function clientUrls({ frame }: Session, id: string): readonly string[] {
  for (const { view } of frame.members) {
    const known = view?.members.find((info) => info.id === id);
    if (known !== undefined && known.clientUrls.length > 0) return known.clientUrls;
  }
  return [];
}

/** What the page's captions say of a request. */
function toldOf(request: ClientRequest): { verb: string; names: string[] } | undefined {
  switch (request.kind) {
    case "put":
      return { verb: "put", names: [fromUtf8(request.key), fromUtf8(request.value)] };
    case "deleteRange":
      return { verb: "del", names: [fromUtf8(request.key)] };
    default:
      return undefined;
  }
}

function readHistory(): string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(HISTORY_KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((line): line is string => typeof line === "string") : [];
  } catch {
    return [];
  }
}

const terminals = new WeakMap<Session, Terminal>();

/** The page's one terminal: it outlives the drawer it is shown in. */
export function terminalOf(session: Session, greeting: string): Terminal {
  let terminal = terminals.get(session);
  if (terminal === undefined) {
    terminal = new Terminal(session, greeting);
    terminals.set(session, terminal);
  }
  return terminal;
}
