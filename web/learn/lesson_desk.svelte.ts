// A lesson on the page: its run of questions and answers, its cluster on the stage, and who plays its commands. The
// cluster is a replayable run: its chance is pinned, its past can be looked at, and the reader's own cluster waits
// unharmed beside it. Commands and the reader's own hands touch it through the same door.

import {
  type ChecklistItem,
  type Lesson,
  type LessonPhase,
  LessonRun,
  type LessonStep,
  type Moment,
  parseCommand,
  type ParsedCommand,
  parseScenario,
  RecordedRun,
  type Reveal,
  RunReporter,
  type Said,
  ScenarioError,
  ScenarioRunner,
} from "../../core/script/mod.ts";
import { runPlanOf } from "../../core/timeline/plan.ts";
import { type RunListener, SimRun } from "../../core/timeline/run.ts";
import { SimCluster } from "../../workers/browser/sim_cluster.ts";
import { onDeed } from "../state/deeds.ts";
import type { Session } from "../state/session.svelte.ts";
import type { Lane } from "../state/time_machine.svelte.ts";
import type { Progress } from "./progress.svelte.ts";

/** Real milliseconds without a move after which a hint is offered. */
const HINT_MS = 45_000;
/** Lines of the console that are kept. */
const SAID_COUNT_MAX = 200;

/** What a lesson shows: plain data, made anew when something changed. */
export interface LessonView {
  readonly phase: LessonPhase;
  readonly step: LessonStep | null;
  readonly stepIndex: number;
  readonly said: Readonly<Record<string, Said>>;
  readonly checklist: readonly ChecklistItem[];
  readonly reveals: readonly Reveal[];
  /** This step has a cluster of its own. */
  readonly hasCluster: boolean;
}

export interface SaidLine {
  readonly command: string;
  readonly answer: string;
  readonly isTrouble: boolean;
}

export class LessonDesk {
  readonly lesson: Lesson;
  view: LessonView = $state.raw(null as unknown as LessonView);
  /** Commands are being played. */
  playing = $state(false);
  hinted = $state(false);
  /** What was typed or played, and what came of it. */
  transcript: readonly SaidLine[] = $state.raw([]);
  /** Cards of the glossary that were turned. */
  cards: ReadonlySet<string> = $state.raw(new Set<string>());
  /** Runs of writes that were measured: messages and median by size. */
  stress: ReadonlyMap<number, { readonly messages: number; readonly medianMs: number }> = $state.raw(
    new Map(),
  );
  readonly #session: Session;
  readonly #progress: Progress;
  #run: LessonRun;
  #runner: ScenarioRunner;
  #cluster: SimCluster | null = null;
  /** The lanes of this step, oldest first: a step may make several clusters. */
  #lanes: Lane[] = [];
  /** In which of them, and when, a condition came true. */
  #decided = new Map<string, { readonly cluster: SimCluster; readonly atMs: number }>();
  /** Counts plays: an older one ends at its next wait. */
  #play = 0;
  #hintTimer: ReturnType<typeof setTimeout> | undefined;
  #stopListening: () => void;

  constructor(lesson: Lesson, session: Session, progress: Progress) {
    this.lesson = lesson;
    this.#session = session;
    this.#progress = progress;
    this.#run = new LessonRun(lesson, progress.records.get(lesson.slug)?.progress);
    this.#runner = this.#newRunner();
    this.#stopListening = onDeed((words) => this.deed(words));
    this.#refresh();
  }

  /** Sets the stage for the step that the reader was at, or for the one asked for. */
  begin(stepId: string | null): void {
    const asked = this.lesson.steps.findIndex(({ id }) => id === stepId);
    if (asked >= 0 && asked !== this.#run.stepIndex) this.#run.goTo(asked);
    if (this.#run.phase === "done") this.#run.goTo(0);
    const { revealed } = this.#run.progress();
    this.setUp();
    // Who came back to a verdict has earned it.
    if (revealed) this.#run.concede();
    this.#refresh();
  }

  /** The stage as this step begins, with nothing done on it. */
  setUp(): void {
    this.stop();
    const { steps } = this.lesson;
    const place = Math.min(this.#run.stepIndex, steps.length - 1);
    let from = place;
    while (from > 0 && !beginsAnew(steps[from]!)) from -= 1;
    const before = this.#lanes;
    this.#lanes = [];
    this.#runner = this.#newRunner();
    this.#cluster = null;
    for (let at = from; at <= place; at++) {
      this.#atOnce(steps[at]!.setUp);
      if (at < place) this.#atOnce(steps[at]!.solution);
    }
    this.#begin();
    this.#show();
    for (const lane of before) this.#session.time.machine.drop(lane);
    this.#run.reset();
    this.#moved();
    // Time stands still only while a question is open.
    if (this.#run.phase === "running") this.#resume();
  }

  #resume(): void {
    this.#cluster?.resumeClock();
  }

  /** Nothing was done yet, nothing was decided. */
  #begin(): void {
    this.#decided.clear();
    this.cards = new Set();
  }

  commit(prediction: string, said: Said): void {
    if (!this.#run.commit(prediction, said)) return;
    this.#moved();
    if (this.#run.phase === "running") this.#resume();
  }

  next(): void {
    const { stepIndex } = this.#run;
    if (!this.#run.next()) return;
    const isDone = this.#run.phase === "done";
    this.#progress.save(this.#run.progress(), isDone);
    const step = this.lesson.steps[stepIndex + 1];
    if (!isDone && step !== undefined && beginsAnew(step)) return this.setUp();
    this.#cluster?.pauseClock();
    this.#atOnce(step?.setUp ?? "");
    this.#begin();
    this.#show();
    this.#moved();
  }

  goTo(step: number): void {
    this.#run.goTo(step);
    this.setUp();
  }

  /** "Reset": the same step on a fresh stage; what was said stays said. */
  reset(): void {
    this.#run.reset();
    this.setUp();
  }

  /** To the verdict without the experiment. */
  concede(): void {
    this.stop();
    this.#run.concede();
    this.#moved();
  }

  hint(): void {
    this.hinted = true;
  }

  /** A reader's own deed. */
  deed(words: readonly string[]): void {
    this.#runner.tellDeed(words);
    this.#moved();
  }

  /** "Show me": the step's solution, command by command, in the time in which it can be watched. */
  async showMe(): Promise<void> {
    const { step } = this.#run;
    if (step === null) return;
    // The solution begins where the set-up ends, to the millisecond: time has passed since, and chance with it.
    this.reset();
    await this.#playAll(parseScenario(step.solution).map(({ command }) => command));
  }

  /** One command, typed. */
  async say(text: string): Promise<void> {
    const command = text.trim();
    if (command === "") return;
    try {
      await this.#playAll([parseCommand(command)]);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      this.#note(command, error.says, true);
    }
  }

  /** Commands that are played end where they are. */
  stop(): void {
    this.#play += 1;
    this.playing = false;
    this.#cluster?.endWait();
  }

  /** Puts the lesson's cluster on the stage again. */
  show(): void {
    const lane = this.#lanes.at(-1);
    const { machine } = this.#session.time;
    if (lane !== undefined && machine.lanes.includes(lane)) machine.show(lane);
    else if (this.#cluster !== null) this.setUp();
  }

  /** Whether the moment at which this condition came true can be looked at. */
  canSeek(condition: string | null): boolean {
    const decided = condition === null ? undefined : this.#decided.get(condition);
    return decided !== undefined && this.#lanes.some(({ cluster }) => cluster === decided.cluster);
  }

  /** The deciding moment, in the cluster in which it was. */
  seek(condition: string): void {
    const decided = this.#decided.get(condition);
    const lane = this.#lanes.find(({ cluster }) => cluster === decided?.cluster);
    const { machine } = this.#session.time;
    if (decided === undefined || lane === undefined || !machine.lanes.includes(lane)) return;
    machine.show(lane);
    this.#session.time.seek(decided.atMs);
  }

  /** Leaves the desk; the cluster stays on the stage. */
  leave(): void {
    this.stop();
    clearTimeout(this.#hintTimer);
    this.#stopListening();
  }

  /** Another lesson has taken the stage: this one's clusters go. */
  end(): void {
    for (const lane of this.#lanes) this.#session.time.machine.drop(lane);
  }

  // --- Commands ------------------------------------------------------------------------------------------------

  async #playAll(commands: readonly ParsedCommand[]): Promise<void> {
    this.stop();
    const play = this.#play;
    this.playing = true;
    this.show();
    for (const command of commands) {
      try {
        const answer = await this.#playOne(command, play);
        if (answer === null) return;
        this.#note(command.text, answer, false);
      } catch (error) {
        // Misspelt, or beyond what a lesson's cluster can be: said where it was typed.
        this.#note(
          command.text,
          error instanceof ScenarioError ? error.says : (error as Error).message,
          true,
        );
        break;
      }
    }
    if (play !== this.#play) return;
    this.playing = false;
    this.#moved();
  }

  /** @returns what came of it; null when another play has begun. */
  async #playOne(command: ParsedCommand, play: number): Promise<string | null> {
    const before = this.#cluster;
    const steps = this.#runner.steps(command);
    let step = steps.next();
    while (!step.done) {
      const cluster = this.#cluster!;
      cluster.caughtUp();
      cluster.resumeClock();
      const came = await cluster.waitFor(step.value.done, step.value.limitMs);
      if (play !== this.#play) return null;
      step = steps.next(came);
    }
    if (this.#cluster !== before) this.#show();
    else this.#cluster?.caughtUp();
    this.#moved();
    return step.value;
  }

  /** Plays a text while nobody looks. */
  #atOnce(text: string): void {
    for (const { command } of parseScenario(text)) this.#runner.run(command);
  }

  #newRunner(): ScenarioRunner {
    return new ScenarioRunner({
      onMoment: (moment) => this.#see(moment),
      carry: (plan, journal) => {
        const reporter = new RunReporter(journal, () => run);
        let run!: SimRun;
        this.#cluster = new SimCluster((listener) =>
          run = new SimRun({ plan: runPlanOf(plan) }, both(listener, reporter))
        );
        this.#cluster.pauseClock();
        // A reader who chose a pace keeps it.
        if (!this.#session.autoPace) this.#cluster.speed(this.#session.time.machine.frame.clock.scale);
        return new RecordedRun(run, reporter);
      },
    });
  }

  /** The newest cluster takes the stage, in the place of the lesson's one before. */
  #show(): void {
    const { machine } = this.#session.time;
    if (this.#cluster === null) return;
    this.#cluster.caughtUp();
    if (this.#lanes.some(({ cluster }) => cluster === this.#cluster)) return;
    this.#session.firstRun.leave();
    this.#session.selectedName = null;
    this.#session.inspectorOpen = false;
    this.#lanes = [...this.#lanes, machine.host(this.#cluster)];
  }

  // --- What is shown -------------------------------------------------------------------------------------------

  #see(moment: Moment): void {
    const { what } = moment;
    if (what.kind === "stress") {
      const { size, messagesPerWrite: messages, medianMs } = what;
      this.stress = new Map([...this.stress, [size, { messages, medianMs }]]);
    }
    if (what.kind === "deed" && what.words[0] === "card" && what.words[1] !== undefined) {
      this.cards = new Set([...this.cards, what.words[1]]);
    }
    this.#run.see(moment);
    if (what.kind === "act" || what.kind === "asked" || what.kind === "deed") {
      // Whoever acts is not idle.
      this.#watchIdle();
    }
    const { checklist } = this.view;
    if (!this.#refresh() || this.#cluster === null) return;
    for (const { id, met } of this.view.checklist) {
      if (!met || checklist.find((item) => item.id === id)?.met) continue;
      this.#decided.set(id, { cluster: this.#cluster, atMs: moment.atMs });
    }
  }

  #note(command: string, answer: string, isTrouble: boolean): void {
    this.transcript = [...this.transcript, { command, answer, isTrouble }].slice(-SAID_COUNT_MAX);
  }

  /** The reader has done something, or something has come true. */
  #moved(): void {
    this.hinted = false;
    this.#refresh();
    this.#progress.save(this.#run.progress(), false);
    this.#watchIdle();
  }

  #watchIdle(): void {
    clearTimeout(this.#hintTimer);
    if (this.view.phase === "running") this.#hintTimer = setTimeout(() => (this.hinted = true), HINT_MS);
  }

  /** @returns whether anything is shown otherwise now. */
  #refresh(): boolean {
    const { phase, step, stepIndex } = this.#run;
    const view = {
      phase,
      step,
      stepIndex,
      said: this.#run.progress().said,
      checklist: this.#run.checklist(),
      reveals: this.#run.reveals(),
      hasCluster: this.#cluster !== null,
    };
    const before = this.view as LessonView | null;
    if (before !== null && JSON.stringify(shapeOf(before)) === JSON.stringify(shapeOf(view))) return false;
    if (before !== null && before.phase === "running" && phase === "revealed") {
      this.#progress.save(this.#run.progress(), false);
    }
    this.view = view;
    return true;
  }
}

/** Whether a step makes a cluster of its own; else it goes on from where the one before ended. */
function beginsAnew({ setUp }: LessonStep): boolean {
  return parseScenario(setUp).some(({ command }) => command.name === "cluster");
}

/** What two views differ in, without the lesson's own text. */
function shapeOf({ step, ...rest }: LessonView): unknown {
  return { ...rest, step: step?.id };
}

function both(a: RunListener, b: RunListener): RunListener {
  return {
    onEvent: (event) => {
      a.onEvent?.(event);
      b.onEvent?.(event);
    },
    onSend: (...frame) => a.onSend?.(...frame),
    onResponse: (...response) => {
      a.onResponse?.(...response);
      b.onResponse?.(...response);
    },
  };
}
