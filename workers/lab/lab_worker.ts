// One thread of the sizing lab's pool: whole simulated clusters run here, so that the page stays quick.

import { runTask } from "../../core/lab/mod.ts";
import type { LabReport, LabTask } from "./lab_protocol.ts";

/** Often enough for a bar that moves, rarely enough to cost nothing. */
const REPORT_EVERY_MS = 80;

addEventListener("message", ({ data }: MessageEvent<LabTask>) => {
  const run = runTask(data);
  let reportedAtMs = performance.now();
  for (;;) {
    const step = run.next();
    if (step.done) return report({ kind: "done", result: step.value });
    if (performance.now() - reportedAtMs < REPORT_EVERY_MS) continue;
    reportedAtMs = performance.now();
    report({ kind: "progress", progress: step.value });
  }
});

function report(report: LabReport): void {
  postMessage(report);
}
