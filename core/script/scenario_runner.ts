// Plays commands on a simulated cluster, one at a time, each answered by text. The same runner serves scenario tests,
// lessons and whoever wants a cluster at a prompt: no files, no console, no clock of its own.

import type { MemberId } from "../base/ids.ts";
import type { TraceEvent } from "../member/trace.ts";
import { pendingConvergence } from "../check/convergence.ts";
import { ACTION_USAGES, type ActionName, memberOf, readActions } from "./action_words.ts";
import { Arguments } from "./arguments.ts";
import { CLIENT_USAGES, type ClientVerb, outcomeText, readRequest } from "./client_words.ts";
import { CLUSTER_USAGE, readClusterPlan } from "./cluster_words.ts";
import type { ClusterNow, Happening, Moment } from "./happening.ts";
import { EXPECT_USAGE, expectation } from "./expect_words.ts";
import {
  type Announced,
  changeMembers,
  MEMBERSHIP_USAGES,
  MEMBERSHIP_VERBS,
  startMember,
} from "./membership_words.ts";
import { MEASURE_USAGES, type MeasureVerb, measureWords } from "./measure_words.ts";
import type { ParsedCommand } from "./parse.ts";
import { ScenarioError, suggestion } from "./scenario_error.ts";
import {
  readKind,
  SHOW_USAGES,
  showEvents,
  showHistory,
  showLinks,
  showLog,
  showMember,
  showMembers,
} from "./show_words.ts";
import { type Carry, Stage, type Waits, withShortNames } from "./stage.ts";
import { clusterNow } from "./stage_now.ts";
import { StartModel } from "./start_model.ts";
import { START_USAGES, type StartVerb, startWords } from "./start_words.ts";
import { STREAM_USAGES, type StreamVerb, streamWords } from "./stream_words.ts";

const RUN_USAGE =
  "run for=<duration> | until=leader|new-leader|no-leader|term=N|commit=N|applied=N|event=<kind>|" +
  "answers|converged [limit=10s]";
const ANSWER_USAGE = "answer <request number>";
const DEED_USAGE = "deed <word>…";
const RUN_LIMIT_MS = 10_000;

/** Every command and how it is written. */
export const USAGES: Readonly<Record<string, string>> = {
  cluster: CLUSTER_USAGE,
  run: RUN_USAGE,
  ...ACTION_USAGES,
  ...CLIENT_USAGES,
  ...STREAM_USAGES,
  answer: ANSWER_USAGE,
  ...SHOW_USAGES,
  ...MEMBERSHIP_USAGES,
  ...START_USAGES,
  ...MEASURE_USAGES,
  deed: DEED_USAGE,
  expect: EXPECT_USAGE,
};

export class ScenarioRunner {
  #stage: Stage | null;
  #announced: Announced = new Map();
  readonly #starts = new StartModel();
  readonly #onMoment: ((moment: Moment) => void) | null;
  readonly #carry: Carry | undefined;
  #clusterCount = 0;

  /**
   * @param options.stage a cluster that runs already; otherwise the first command makes one.
   * @param options.onMoment hears of everything that happens under the commands, in order.
   * @param options.carry what carries a cluster that `cluster` makes; left out: a simulator of its own.
   */
  constructor(
    options: {
      readonly stage?: Stage;
      readonly onMoment?: (moment: Moment) => void;
      readonly carry?: Carry;
    } = {},
  ) {
    this.#stage = options.stage ?? null;
    this.#onMoment = options.onMoment ?? null;
    this.#carry = options.carry;
  }

  /** The cluster under the commands; null before `cluster`. */
  get stage(): Stage | null {
    return this.#stage;
  }

  /**
   * Carries out one command, however long it takes, and says what came of it.
   * @throws ScenarioError when the command is not understood; Violation when a rule of Raft was broken.
   */
  run(command: ParsedCommand): string {
    const steps = this.steps(command);
    let step = steps.next();
    while (!step.done) {
      const { done, limitMs } = step.value;
      const { run } = this.#stage!;
      if (done === null) run.runFor(limitMs);
      step = steps.next(done === null || run.runUntil(done, limitMs));
    }
    return step.value;
  }

  /** Something that the reader did, beside all commands. */
  tellDeed(words: readonly string[]): void {
    this.#tell({ kind: "deed", words }, this.#stage);
  }

  /** The same in steps, for who lets time pass in another way. @throws as `run`, in any step. */
  *steps(command: ParsedCommand): Waits<string> {
    const usage = USAGES[command.name];
    if (usage === undefined) {
      const says = `there is no command "${command.name}"${suggestion(command.name, Object.keys(USAGES))}`;
      throw new ScenarioError(command.line, says);
    }
    const args = new Arguments(command, usage);
    if (command.name === "cluster") return this.#cluster(args);
    const besides = this.#withoutCluster(command.name, args);
    if (besides !== null) return besides;
    const stage = this.#stage ?? args.fail("there is no cluster yet; begin with: cluster members=3");
    const said = yield* this.#carryOut(command.name, args, stage);
    args.end();
    return said;
  }

  #cluster(args: Arguments): string {
    const plan = readClusterPlan(args);
    args.end();
    this.#clusterCount += 1;
    this.#stage = new Stage(
      plan,
      this.#onMoment && ((happening, stage) => this.#tell(happening, stage)),
      this.#carry,
    );
    this.#announced = new Map();
    const { preVote, checkQuorum } = plan.rules;
    const rules = preVote && checkQuorum ? "PreVote and CheckQuorum" : "neither PreVote nor CheckQuorum";
    return `${plan.size === 1 ? "1 member" : `${plan.size} members`}, seed ${plan.seed}, ${rules}`;
  }

  /** Commands that need no cluster; null when this is none of them. */
  #withoutCluster(name: string, args: Arguments): string | null {
    const tell = (happening: Happening) => this.#tell(happening, this.#stage);
    if (name in START_USAGES) return startWords(name as StartVerb, args, this.#starts, tell);
    if (name in MEASURE_USAGES) return measureWords(name as MeasureVerb, args, tell);
    if (name !== "deed") return null;
    const words = args.rest();
    if (words.length === 0) args.fail("expected what the reader does");
    this.tellDeed(words);
    return "ok";
  }

  #tell(what: Happening, stage: Stage | null): void {
    if (!this.#onMoment) return;
    const cluster: ClusterNow | null = stage && clusterNow(stage, this.#clusterCount);
    this.#onMoment({ number: stage?.journal.eventNumber ?? 0, atMs: stage?.sim.nowMs ?? 0, cluster, what });
  }

  *#carryOut(name: string, args: Arguments, stage: Stage): Waits<string> {
    if (name in ACTION_USAGES) return this.#act(name as ActionName, args, stage);
    if (name in CLIENT_USAGES) return yield* this.#ask(name as ClientVerb, args, stage);
    if (name in STREAM_USAGES) return yield* streamWords(name as StreamVerb, args, stage);
    switch (name) {
      case "run":
        return yield* this.#letTimePass(args, stage);
      case "answer":
        return this.#answer(args, stage);
      case "members":
        return showMembers(stage);
      case "log":
        return showLog(args, stage);
      case "events":
        return showEvents(args, stage);
      case "history":
        return showHistory(stage);
      case "links":
        return showLinks(stage);
      case "start":
        return startMember(args, stage, this.#announced);
      case "expect":
        return expectation(args, stage);
      default: {
        const first = args.command.words.find((word) => !word.includes("="));
        const isChange = MEMBERSHIP_VERBS.some((verb) => verb === first);
        return isChange
          ? yield* changeMembers(args, stage, this.#announced)
          : showMember(memberOf(args, stage), stage);
      }
    }
  }

  // --- Verbs ---------------------------------------------------------------------------------------------------

  #act(name: ActionName, args: Arguments, stage: Stage): string {
    const actions = readActions(name, args, stage);
    args.end();
    const [first] = actions;
    const subject = first && "member" in first ? first.member : null;
    const nothings = actions.map((action) => stage.act(action));
    const nothing = nothings.find((one) => one !== null) ?? null;
    if (actions.length > 0 && nothings.every((one) => one !== null)) return `nothing done: ${nothing}`;
    if (name === "restart" && subject !== null) return recoveredText(subject, stage);
    const past = PAST[name];
    return subject === null || past === undefined ? "ok" : `${stage.names.shown(subject)} ${past}`;
  }

  *#ask(verb: ClientVerb, args: Arguments, stage: Stage): Waits<string> {
    const at = args.named("at");
    const nowait = args.flag("nowait");
    const request = readRequest(verb, args);
    const member = at === null ? stage.firstToAsk() : memberOf(args, stage, at);
    args.end();
    if (member === null) return "nobody runs";
    if (!nowait) return outcomeText(yield* stage.askAndWait(member, request));
    stage.journal.ask(member, request);
    return `#${stage.journal.history.operations.length} is on its way to ${stage.names.shown(member)}`;
  }

  #answer(args: Arguments, stage: Stage): string {
    const word = args.word("a request number");
    const number = args.number(word.replace(/^#/, ""), "the request number");
    const operation = stage.journal.history.operations[number - 1];
    return operation ? outcomeText(operation) : args.fail(`there is no request ${word}`);
  }

  // --- Time ----------------------------------------------------------------------------------------------------

  *#letTimePass(args: Arguments, stage: Stage): Waits<string> {
    const forMs = args.namedDuration("for", 0);
    const until = args.named("until");
    const limitMs = args.namedDuration("limit", RUN_LIMIT_MS);
    args.end();
    const { sim } = stage;
    if (until === null) {
      if (forMs === 0) args.fail("expected for= or until=");
      yield { done: null, limitMs: forMs };
      return `at ${sim.nowMs}ms`;
    }
    if (forMs !== 0) args.fail("expected for= or until=, not both");
    const goal = readGoal(until, args, stage);
    const isReached = yield { done: () => goal.missing() === null, limitMs };
    return isReached
      ? `at ${sim.nowMs}ms: ${goal.reached()}`
      : `at ${sim.nowMs}ms: gave up, ${withShortNames(goal.missing() ?? "")}`;
  }
}

/** What the operator did, for the answer. */
const PAST: Readonly<Partial<Record<ActionName, string>>> = {
  crash: "crashed",
  pause: "paused",
  resume: "goes on",
  wipe: "has an empty disk",
  "slow-disk": "has a slow disk",
  elect: "campaigns",
  pin: "has its timer pinned",
};

function recoveredText(id: MemberId, stage: Stage): string {
  const { entryCount, snapshotIndex, tornBytes } = stage.sim.view(id)!.recovered;
  const snapshot = snapshotIndex > 0 ? `, snapshot at ${snapshotIndex}` : "";
  const torn = tornBytes > 0 ? `, ${tornBytes} torn bytes cut off` : "";
  return `${stage.names.shown(id)} restarted: read ${entryCount} entries${snapshot}${torn}`;
}

interface Goal {
  /** What is not so yet; null when the goal is reached. */
  missing(): string | null;
  /** What is so now. */
  reached(): string;
}

/** What is missing until all members are equal and follow the one leader; null when nothing is. */
function pendingRest(stage: Stage): string | null {
  const { sim } = stage;
  const pending = pendingConvergence(sim);
  if (pending !== null) return pending;
  const astray = stage.running().find((id) => sim.view(id)!.leader !== sim.leader());
  return astray === undefined ? null : `${stage.names.shown(astray)} does not follow the leader`;
}

const GOALS = [
  "leader",
  "new-leader",
  "no-leader",
  "term",
  "commit",
  "applied",
  "event",
  "answers",
  "converged",
];

function readGoal(text: string, args: Arguments, stage: Stage): Goal {
  const [, name, value] = /^([a-z-]+)(?:=(.*))?$/.exec(text) ?? [];
  const { sim, journal } = stage;
  const leads = () => {
    const leader = sim.leader();
    return leader === null
      ? "nobody leads"
      : `${stage.names.shown(leader)} leads term ${sim.view(leader)!.term}`;
  };
  const highest = (what: "term" | "commit" | "applied"): Goal => {
    const goal = args.number(value ?? "", `until=${what}=`);
    const best = () => Math.max(0, ...stage.running().map((id) => sim.member(id).member![what]));
    return {
      missing: () => (best() >= goal ? null : `the highest ${what} is ${best()}`),
      reached: () => `${what} ${best()}`,
    };
  };
  switch (name) {
    case "leader":
      return { missing: () => (sim.leader() === null ? "nobody leads" : null), reached: leads };
    case "no-leader":
      return { missing: () => (sim.leader() === null ? null : leads()), reached: leads };
    case "new-leader": {
      const termOf = () => (sim.leader() === null ? 0 : sim.member(sim.leader()!).member!.term);
      const termBefore = Math.max(0, ...stage.names.all().map((id) => sim.member(id).member?.term ?? 0));
      return { missing: () => (termOf() > termBefore ? null : "nobody leads a new term"), reached: leads };
    }
    case "term":
    case "commit":
    case "applied":
      return highest(name);
    case "event": {
      const kind: TraceEvent["kind"] = readKind(value ?? "", args);
      const before = journal.countOf(kind);
      return { missing: () => (journal.countOf(kind) > before ? null : `no ${kind}`), reached: () => kind };
    }
    case "answers": {
      const waiting = () => journal.history.operations.filter(({ outcome }) => outcome === "waiting").length;
      return {
        missing: () => (waiting() === 0 ? null : `${waiting()} requests have no answer`),
        reached: () => "every request has its answer",
      };
    }
    case "converged":
      return { missing: () => pendingRest(stage), reached: () => `converged, ${leads()}` };
    default:
      return args.fail(
        `expected until= one of ${GOALS.join(", ")}, not "${text}"${suggestion(name ?? text, GOALS)}`,
      );
  }
}
