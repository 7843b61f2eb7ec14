// A first visit: one line, one thing to press. Whoever only watches sees the crash performed after twenty seconds;
// any touch hands the lead to the visitor.

import type { ClusterFrame } from "../../workers/browser/cluster_api.ts";
import { leaderOf, workingLeader } from "./reading.ts";
import { remember } from "./settings.svelte.ts";

/** Real seconds that an untouched page waits before it performs the crash itself. */
export const COUNTDOWN_SECONDS = 20;

export type FirstRunStage =
  /** Before the crash: a leader, or soon one. */
  | "before"
  /** The leader is gone, nobody leads yet. */
  | "gone"
  /** Another leads. */
  | "after"
  /** The whole playground is on screen. */
  | "done";

export class FirstRun {
  stage: FirstRunStage = $state("done");
  /** The leader that went. */
  crashed: string | null = $state(null);
  /** False once anybody pressed anything: then nothing happens by itself. */
  alone = $state(true);

  constructor(active: boolean) {
    this.stage = active ? "before" : "done";
  }

  get active(): boolean {
    return this.stage !== "done";
  }

  touched(): void {
    if (this.alone) this.alone = false;
  }

  take(frame: ClusterFrame): void {
    if (this.stage === "done") return;
    if (this.stage === "before") {
      const crash = frame.events.findLast((one) =>
        one.event.kind === "operator" && one.event.verb === "crash"
      );
      if (crash?.event.kind === "operator" && leaderOf(frame) === null) {
        this.stage = "gone";
        this.crashed = crash.event.names[0] ?? null;
      }
    } else if (this.stage === "gone" && workingLeader(frame) !== null) {
      this.stage = "after";
    }
  }

  /** The whole playground, from now on and at the next visit. */
  leave(): void {
    this.stage = "done";
    remember("seen", "yes");
  }
}
