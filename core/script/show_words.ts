// Looking at a cluster without touching it: tables and sentences for `members`, `log`, `member`, `events`, `history`.

import type { MemberId } from "../base/ids.ts";
import type { EntrySafety, LogCell, MemberView } from "../member/view.ts";
import type { TraceEvent } from "../member/trace.ts";
import type { Arguments } from "./arguments.ts";
import { outcomeText, requestText } from "./client_words.ts";
import { memberOf } from "./action_words.ts";
import { sentenceOf } from "./sentences.ts";
import { ENGLISH } from "./sentences_en.ts";
import { CHINESE } from "./sentences_zh.ts";
import { suggestion } from "./scenario_error.ts";
import type { Stage } from "./stage.ts";
import { textTable } from "./text_table.ts";

export const SHOW_USAGES = {
  members: "members",
  log: "log [<member>…] [last=8]",
  member: "member <member>",
  events: "events [kind=role,voteCast,…|all] [of=<member>] [last=20] [since=<duration>] [language=en|zh]",
  history: "history",
  links: "links",
} as const;

const LOG_LAST = 8;
const EVENTS_LAST = 20;

/** A line for each member: a member that does not run has no more to say than that. */
export function showMembers(stage: Stage): string {
  const rows = stage.members().map((id) => {
    const { state } = stage.sim.member(id);
    const name = stage.names.shown(id);
    const view = stage.sim.view(id);
    if (!view) return [name, state];
    const { role, term, commit, applied, lastIndex, kvHash } = view;
    return [name, state === "paused" ? `paused ${roleText(role)}` : roleText(role)].concat(
      [term, commit, applied, lastIndex].map(String),
      kvHash,
    );
  });
  return textTable([["name", "role", "term", "commit", "applied", "last", "hash"], ...rows]);
}

const MARKS: Readonly<Record<EntrySafety, string>> = { memory: "~", disk: "-", committed: "+", applied: "*" };

/** Rows of cells `term:label` with a mark for how safe the entry is as far as the member itself knows. */
export function showLog(args: Arguments, stage: Stage): string {
  const last = args.namedNumber("last", LOG_LAST);
  const words = args.rest();
  const ids = words.length > 0 ? words.map((word) => memberOf(args, stage, word)) : stage.members();
  const views = ids.map((id) => [id, stage.sim.view(id)] as const);
  const newest = Math.max(0, ...views.map(([, view]) => view?.lastIndex ?? 0));
  const from = Math.max(1, newest - last + 1);
  const indexes = Array.from({ length: newest - from + 1 }, (_, i) => from + i);
  const rows = views.map(([id, view]) => [
    stage.names.shown(id),
    ...(view ? indexes.map((index) => cellText(view, index)) : ["not running"]),
  ]);
  const legend = "~ in memory  - on disk  + committed  * applied";
  return `${textTable([["", ...indexes.map(String)], ...rows])}\n${legend}`;
}

function cellText(view: MemberView, index: number): string {
  const cell: LogCell | undefined = view.log.find((cell) => cell.index === index);
  if (cell) return `${cell.term}:${cell.label.replace(/\binfra(?=[1-9])/g, "n")} ${MARKS[cell.safety]}`;
  return index < view.firstIndex ? "(compacted)" : "";
}

/** Everything worth knowing of one member. */
export function showMember(id: MemberId, stage: Stage): string {
  const { state, why } = stage.sim.member(id);
  const view = stage.sim.view(id);
  const named = `${stage.names.shown(id)} (${id})`;
  if (!view) return `${named}: ${state}${why === null ? "" : `: ${stage.names.shownIn(why)}`}`;
  const name = (other: MemberId | null) => (other === null ? "nobody" : stage.names.shown(other));
  const { timer, recovered } = view;
  const lines = [
    `${named}: ${state === "paused" ? "paused " : ""}${roleText(view.role)} in term ${view.term}`,
    `leader ${name(view.leader)}, vote ${
      name(view.votedFor)
    }, timer ${timer.elapsedTicks} of ${timer.deadlineTicks} ticks`,
    `log ${view.firstIndex} to ${view.lastIndex}, on disk to ${view.durableIndex}, committed to ${view.commit}, ` +
    `applied to ${view.applied}, snapshot at ${view.snapshotIndex}`,
    `keys ${view.keyCount} at revision ${view.revision}, compacted to ${
      Math.max(0, view.compactRevision)
    }, ` +
    `hash ${view.kvHash}`,
    `read at its start: ${recovered.entryCount} entries, snapshot at ${recovered.snapshotIndex}, ` +
    `torn ${recovered.tornBytes} bytes`,
  ];
  for (const { peer, state, match, next, paused } of view.progress) {
    lines.push(`peer ${name(peer)}: ${state} match ${match} next ${next}${paused ? " paused" : ""}`);
  }
  return lines.join("\n");
}

/** What makes the story when nothing else is asked for. */
const STORY_KINDS: readonly TraceEvent["kind"][] = [
  "role",
  "voteCast",
  "voteCounted",
  "overwritten",
  "recovered",
  "snapshot",
  "refused",
  "stopped",
];

export const EVENT_KINDS: readonly TraceEvent["kind"][] = [
  ...STORY_KINDS,
  "electionTimer",
  "appended",
  "progress",
  "committed",
  "config",
  "writeIssued",
  "writeDurable",
  "promised",
  "applied",
  "requested",
  "responded",
];

/** The newest events, a sentence each. */
export function showEvents(args: Arguments, stage: Stage): string {
  const kinds = readKinds(args);
  const last = args.namedNumber("last", EVENTS_LAST);
  const sinceMs = args.namedDuration("since", 0);
  const language = args.namedChoice("language", ["en", "zh"], "en") === "en" ? ENGLISH : CHINESE;
  const of = args.named("of");
  const member = of === null ? null : memberOf(args, stage, of);
  const nameOf = (id: MemberId) => stage.names.shown(id);
  const chosen = stage.journal.events.filter((entry) =>
    kinds.includes(entry.event.kind) && (member === null || entry.member === member) && entry.atMs >= sinceMs
  ).slice(-last);
  if (chosen.length === 0) return "none";
  return textTable(
    chosen.map((entry) => [`${entry.atMs}ms`, sentenceOf(stage.journal.describe(entry, nameOf), language)]),
  );
}

function readKinds(args: Arguments): readonly string[] {
  const text = args.named("kind");
  if (text === null) return STORY_KINDS;
  if (text === "all") return EVENT_KINDS;
  const kinds = text.split(",");
  for (const kind of kinds) readKind(kind, args);
  return kinds;
}

export function readKind(text: string, args: Arguments): TraceEvent["kind"] {
  const found = EVENT_KINDS.find((kind) => kind === text);
  return found ?? args.fail(`there is no event "${text}"${suggestion(text, EVENT_KINDS)}`);
}

/** Every client's request: when, of whom, what, and what it was told. */
export function showHistory(stage: Stage): string {
  const { operations } = stage.journal.history;
  if (operations.length === 0) return "none";
  return textTable(
    operations.map((operation, place) => [
      `#${place + 1}`,
      `${operation.invokedAtMs}ms..${operation.returnedAtMs === null ? "" : `${operation.returnedAtMs}ms`}`,
      stage.names.shown(operation.member),
      requestText(operation.request),
      outcomeText(operation).replaceAll("\n", ", "),
    ]),
  );
}

/** The directions that let nothing through. */
export function showLinks(stage: Stage): string {
  const cuts = stage.sim.network.cuts();
  if (cuts.length === 0) return "all open";
  return cuts.map(([from, to]) => `${stage.names.shown(from)} to ${stage.names.shown(to)}: cut`).sort().join(
    "\n",
  );
}

export function roleText(role: MemberView["role"]): string {
  return role === "preCandidate" ? "pre-candidate" : role;
}
