// The lab as one place: what is set, what was measured, and everything that follows from the two. Moving a slider
// throws no measurement away: sets of failures and cuts do not depend on it, writes are kept for each kind of links,
// and years for each way to fail.

import { createContext } from "svelte";
import {
  type Advice,
  adviseSize,
  Findings,
  independentPlan,
  type LabProgress,
  type LabRefusal,
  type LabResult,
  type LabTask,
  LINK_PLANS,
  refusalOfPlan,
  type SharedFigures,
  sharedFigures,
  SIZES,
  type SizeTable,
  sizeTable,
  tableTasks,
  writeTasks,
  type YearsFigures,
  yearsFigures,
  yearsTask,
} from "../../core/lab/mod.ts";
import { LabPool, type LabWorker, type Outcome } from "./pool.ts";
import { failurePlanOf, type LabSettings, wishesOf } from "./settings.ts";

/** How the measurement stands. `trouble` names the sentence to say. */
export type Measuring =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly progress: LabProgress }
  | { readonly kind: "cancelled" }
  | { readonly kind: "done" }
  | { readonly kind: "trouble"; readonly trouble: "noWorkers" | "failed" };

/** A slider that moves on does not start a measurement for each of its stops. */
const SETTLE_MS = 400;
/** Failures and repairs to live through, of all members together: what a second or two of two threads can do. */
const EVENTS_MAX = 6_000_000;
const YEARS_MAX = 20_000;

/** Sets of failures, cuts and what depends on nothing but the seed. */
const TABLE = "table";

export class Lab {
  settings: LabSettings = $state.raw(undefined!);
  measuring: Measuring = $state.raw({ kind: "idle" });
  /** The size of the row that is pointed at. */
  pointed: number | null = $state(null);
  /** Results under the name of what they hold for; a range that a cancelled run had measured is replaced by the same. */
  readonly #held = new Map<string, readonly LabResult[]>();
  /** The same, as far as it is in the picture. */
  #results: ReadonlyMap<string, readonly LabResult[]> = $state.raw(new Map());
  /** Names that are measured from end to end. */
  #complete: ReadonlySet<string> = $state.raw(new Set<string>());
  /** Somebody asked for figures: what a new setting lacks is measured without being asked again. */
  #wanted = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #pool: LabPool;

  constructor(settings: LabSettings, newWorker: () => LabWorker, threadCount: number) {
    this.settings = settings;
    this.#pool = new LabPool(newWorker, threadCount);
  }

  // --- what is set -------------------------------------------------------------------------------------------------

  set(change: Partial<LabSettings>): void {
    this.settings = { ...this.settings, ...change };
    if (!this.#wanted || this.#lacking().length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.measure(), SETTLE_MS);
  }

  /** The size whose cluster is shown. */
  readonly size: number = $derived.by(() => this.pointed ?? this.settings.size);

  // --- what follows ------------------------------------------------------------------------------------------------

  readonly #links = $derived.by(() => LINK_PLANS[this.settings.links]);
  readonly #yearsName = $derived.by(() => yearsNameOf(this.settings));

  readonly findings: Findings = $derived.by(() => {
    const findings = new Findings();
    for (const name of [this.#tableName, this.#writesName, this.#yearsName]) {
      for (const result of this.#results.get(name) ?? []) findings.add(result);
    }
    return findings;
  });

  readonly table: SizeTable | LabRefusal = $derived.by(() =>
    sizeTable({ availability: this.settings.availability, links: this.#links, findings: this.findings })
  );

  /** Exact shares under the chosen causes, by size; a refusal when racks or zones are worse than their members. */
  readonly exact: readonly SharedFigures[] | LabRefusal = $derived.by(() => {
    const figures: SharedFigures[] = [];
    for (const size of SIZES) {
      const one = sharedFigures(failurePlanOf(size, this.settings));
      if (one.kind === "refused") return one;
      figures.push(one);
    }
    return figures;
  });

  /** Years lived through, by size; null where none was. */
  readonly years: readonly (YearsFigures | null)[] = $derived.by(() =>
    SIZES.map((size) => {
      const blocks = this.findings.years(size);
      return blocks.length === 0 ? null : yearsFigures(failurePlanOf(size, this.settings), blocks);
    })
  );

  readonly advice: Advice | LabRefusal = $derived.by(() => adviseSize(wishesOf(this.settings)));

  /** Everything that these settings ask for is measured. */
  readonly complete: boolean = $derived.by(() =>
    this.#namesWanted().every((name) => this.#complete.has(name))
  );

  // --- measuring ---------------------------------------------------------------------------------------------------

  /** Measures what is lacking, or all anew with the next seed when nothing is. */
  async measure(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.measuring.kind === "running") return;
    this.#wanted = true;
    if (this.complete) this.settings = { ...this.settings, seed: (this.settings.seed + 1) % 0x1_0000_0000 };
    let outcome: Outcome = "finished";
    // What is set meanwhile is measured in the next round, so that no round is begun twice.
    for (let lacking = this.#lacking(); lacking.length > 0; lacking = this.#lacking()) {
      outcome = await this.#pool.run(lacking.flatMap(({ tasks }) => tasks), {
        onResult: (result) => {
          const { name } = lacking.find(({ tasks }) => tasks.some(({ kind }) => kind === result.task.kind))!;
          this.#held.set(name, [...(this.#held.get(name) ?? []), result]);
          this.#show();
        },
        onProgress: (progress) => (this.measuring = { kind: "running", progress }),
      });
      if (outcome !== "finished") break;
      this.#complete = new Set([...this.#complete, ...lacking.map(({ name }) => name)]);
    }
    this.#results = new Map(this.#held);
    this.measuring = measuringAfter(outcome);
  }

  /** Ends all threads: nobody wants to know, or the visitor leaves the room. What was measured stays. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#wanted = false;
    this.#pool.cancel();
  }

  readonly #tableName = $derived.by(() => `${TABLE} ${this.settings.seed}`);
  readonly #writesName = $derived.by(() => `writes ${this.settings.seed} ${this.settings.links}`);

  #namesWanted(): readonly string[] {
    return [this.#tableName, this.#writesName, ...(this.#plannable ? [this.#yearsName] : [])];
  }

  get #plannable(): boolean {
    return refusalOfPlan(failurePlanOf(1, this.settings)) === null;
  }

  #lacking(): readonly { readonly name: string; readonly tasks: readonly LabTask[] }[] {
    const { seed } = this.settings;
    const tasksOf = (name: string): readonly LabTask[] => {
      if (name === this.#tableName) return tableTasks(seed);
      if (name === this.#writesName) return writeTasks({ links: this.#links, seed });
      return SIZES.flatMap((size) => {
        const plan = failurePlanOf(size, this.settings);
        const task = yearsTask({ plan, seed, years: yearsFor(this.settings.availability) });
        return task.kind === "refused" ? [] : [task];
      });
    };
    return this.#namesWanted()
      .filter((name) => !this.#complete.has(name))
      .map((name) => ({ name, tasks: tasksOf(name) }));
  }

  #frame = 0;
  /** Takes results into the picture once for each of its frames, however many arrive. */
  #show(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#results = new Map(this.#held);
    });
  }
}

/** Years to live through: as many as the time for it allows. Members that are down often have much to tell in few. */
export function yearsFor(availability: number): number {
  const { repairHours } = independentPlan(1, availability);
  const eventsPerYear = (2 * 8_760 * (1 - availability)) / repairHours.member;
  const memberCount = SIZES.reduce((sum, size) => sum + size, 0);
  return Math.min(YEARS_MAX, Math.max(100, Math.floor(EVENTS_MAX / (eventsPerYear * memberCount + 1))));
}

function yearsNameOf({ seed, availability, shared, sharedCount, sharedAvailability }: LabSettings): string {
  const cause = shared === "none" ? "alone" : `${shared} ${sharedCount} ${sharedAvailability}`;
  return `years ${seed} ${availability} ${cause}`;
}

function measuringAfter(outcome: Outcome): Measuring {
  switch (outcome) {
    case "finished":
      return { kind: "done" };
    case "cancelled":
      return { kind: "cancelled" };
    case "noWorkers":
    case "failed":
      return { kind: "trouble", trouble: outcome };
  }
}

export const [getLab, setLab] = createContext<Lab>();
