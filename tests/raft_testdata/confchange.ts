// Plays the scenarios of etcd-io/raft's package confchange on one running configuration.

import { shortId } from "../../core/base/ids.ts";
import { describeConfig, describeProgress } from "../../core/raft/mod.ts";
import { changeSimply, type ConfigResult, enterJoint, leaveJoint } from "../../core/raft/membership.ts";
import { Tracker } from "../../core/raft/tracker.ts";
import { parseChanges } from "./changes.ts";
import { type Case, valueOf } from "./datadriven.ts";

export class ConfChangeWorld {
  readonly #tracker = new Tracker(10);
  /** Grows with each command, so that `next` tells when a member came in. */
  #lastIndex = 0;

  run(command: Case): string {
    const result = this.#change(command);
    const lastIndex = this.#lastIndex++;
    if (result.kind === "impossible") return result.why;
    const tracker = this.#tracker;
    tracker.switchTo(result.config, result.dropped, lastIndex);
    const lines = [describeConfig(tracker.config)];
    for (const [id, progress] of tracker.progress) {
      const status = {
        match: progress.match,
        next: progress.next,
        state: progress.state,
        paused: progress.isPaused(),
        pendingSnapshot: progress.pendingSnapshot,
        recentActive: progress.recentActive,
        inflightCount: progress.inflights.count,
        inflightFull: progress.inflights.isFull(),
        learner: tracker.isLearner(id),
      };
      lines.push(`${shortId(id)}: ${describeProgress(status)}`);
    }
    return lines.join("\n");
  }

  #change({ command, args, input }: Case): ConfigResult {
    const config = this.#tracker.config;
    switch (command) {
      case "simple":
        return changeSimply(config, parseChanges(input));
      case "enter-joint":
        return enterJoint(config, valueOf(args, "autoleave") === "true", parseChanges(input));
      case "leave-joint":
        return leaveJoint(config);
      default:
        return { kind: "impossible", why: `unknown command ${command}` };
    }
  }
}
