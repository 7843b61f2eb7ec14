// One cluster under the commands of a scenario: the run, who watches it, and how its members are called.

import type { MemberId } from "../base/ids.ts";
import type { ClientOperation } from "../check/history.ts";
import type { ClientRequest } from "../member/io.ts";
import type { OperatorAction } from "../sim/actions.ts";
import type { ClusterPlan } from "../sim/cluster_plan.ts";
import type { ClusterSim } from "../sim/cluster_sim.ts";
import type { Happening } from "./happening.ts";
import { Journal } from "./journal.ts";
import { MemberNames } from "./member_names.ts";
import { DirectRun, type StageRun } from "./stage_run.ts";

/** Beyond a client's own patience, before a missing answer is called missing. */
const ANSWER_GRACE_MS = 2_000;

/** What a command waits for while virtual time passes. */
export interface Wait {
  /** True as soon as there is nothing to wait for; null: time alone is waited for. */
  readonly done: (() => boolean) | null;
  /** Virtual milliseconds after which the command goes on all the same. */
  readonly limitMs: number;
}

/** A command in steps: whoever drives it lets time pass at each wait, and says whether what it waited for came. */
export type Waits<T> = Generator<Wait, T, boolean>;

/** Makes what carries a cluster. */
export type Carry = (plan: ClusterPlan, journal: Journal) => StageRun;

export class Stage {
  readonly run: StageRun;
  readonly journal: Journal;
  readonly names: MemberNames;

  /**
   * @param listener hears of everything that happens here, from the moment the cluster stands.
   * @param carry what carries it; left out: a simulator of its own.
   */
  constructor(
    plan: ClusterPlan,
    listener: ((happening: Happening, stage: Stage) => void) | null = null,
    carry: Carry = (plan, journal) => new DirectRun(plan, journal),
  ) {
    this.journal = new Journal(listener && ((happening) => listener(happening, this)));
    this.run = carry(plan, this.journal);
    this.names = new MemberNames(this.sim);
    this.journal.attach(this.run);
  }

  get sim(): ClusterSim {
    return this.run.sim;
  }

  /** Members in order of name that were not removed or replaced. */
  members(): readonly MemberId[] {
    return this.names.all().filter((id) => this.sim.member(id).state !== "removed");
  }

  /** Members in order of name that run. */
  running(): readonly MemberId[] {
    return this.names.all().filter((id) => this.sim.member(id).state === "running");
  }

  /** The leader of the highest term; while nobody leads, the first member that runs. */
  firstToAsk(): MemberId | null {
    return this.sim.leader() ?? this.running()[0] ?? null;
  }

  /** Asks as a client and waits until the answer is there, or will not come. */
  *askAndWait(member: MemberId, request: ClientRequest): Waits<ClientOperation> {
    const { timing } = this.sim.plan;
    const requestId = this.journal.ask(member, request);
    const limitMs = timing.requestTimeoutTicks * timing.tickMs + ANSWER_GRACE_MS;
    yield { done: () => this.journal.history.operation(requestId)!.outcome !== "waiting", limitMs };
    return this.journal.history.operation(requestId)!;
  }

  /** @returns why nothing was done, or null. Verbs that are requests to a member are carried out before this returns. */
  act(action: OperatorAction): string | null {
    const nothing = this.run.act(action);
    if (nothing !== null) return this.names.shownIn(withShortNames(nothing));
    if (action.kind !== "elect" && action.kind !== "pin" && action.kind !== "transfer") return null;
    this.run.runFor(0);
    const refusal = this.journal.takeOperatorAnswers().find((answer) => answer.kind === "error");
    return refusal?.kind === "error" ? refusal.message : null;
  }
}

/** The simulator speaks of infra1; scenarios say n1. */
export function withShortNames(text: string): string {
  return text.replace(/\binfra(?=[1-9])/g, "n");
}
