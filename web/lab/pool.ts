// Deals tasks of the lab to a few workers. Each gets the next piece when it has finished one; the largest go first.
// To cancel is to end the workers on the spot: what they had handed in is kept, what they were at is lost.

import { type LabProgress, type LabResult, overallProgress, splitTasks } from "../../core/lab/mod.ts";
import type { LabReport, LabTask } from "../../workers/lab/lab_protocol.ts";

/** As much of a Worker as the pool needs. */
export interface LabWorker {
  onmessage: ((event: MessageEvent<LabReport>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(task: LabTask): void;
  terminate(): void;
}

export type Outcome = "finished" | "cancelled" | "noWorkers" | "failed";

/** More threads than this help little: the largest piece then takes as long as all the rest. */
const WORKERS_MAX = 4;
/** Pieces per worker: enough to end together and to fill the picture bit by bit. */
const PIECES_PER_WORKER = 24;

export interface Listener {
  onResult(result: LabResult): void;
  onProgress(progress: LabProgress): void;
}

export class LabPool {
  readonly size: number;
  readonly #newWorker: () => LabWorker;
  /** Ends the run under way; null when there is none. */
  #end: ((outcome: Outcome) => void) | null = null;

  /** @param newWorker may throw: a browser may have no workers to give. */
  constructor(newWorker: () => LabWorker, threadCount: number) {
    this.#newWorker = newWorker;
    this.size = Math.min(WORKERS_MAX, Math.max(1, Math.floor(threadCount) || 1));
  }

  /** Carries out all tasks. A run that is under way is cancelled first. */
  run(tasks: readonly LabTask[], listener: Listener): Promise<Outcome> {
    this.cancel();
    const waiting = [...splitTasks(tasks, this.size * PIECES_PER_WORKER)];
    const pieces = waiting.map((task) => ({ task, progress: null as LabProgress | null }));
    const workers: LabWorker[] = [];
    let doneCount = 0;
    return new Promise((resolve) => {
      const end = (outcome: Outcome) => {
        if (this.#end !== end) return;
        this.#end = null;
        for (const worker of workers) worker.terminate();
        resolve(outcome);
      };
      this.#end = end;
      const tell = () => listener.onProgress(overallProgress(pieces));
      const deal = (worker: LabWorker) => {
        const piece = pieces[pieces.length - waiting.length];
        const task = waiting.shift();
        if (piece === undefined || task === undefined) return;
        worker.onmessage = ({ data }) => {
          if (this.#end !== end) return;
          if (data.kind === "progress") {
            piece.progress = data.progress;
            return tell();
          }
          const unitCount = task.to - task.from;
          piece.progress = { doneCount: unitCount, totalCount: unitCount };
          doneCount += 1;
          listener.onResult(data.result);
          tell();
          if (doneCount === pieces.length) end("finished");
          else deal(worker);
        };
        worker.postMessage(task);
      };
      tell();
      if (pieces.length === 0) return end("finished");
      try {
        for (let i = 0; i < Math.min(this.size, pieces.length); i++) {
          const worker = this.#newWorker();
          workers.push(worker);
          // A worker that cannot even be loaded reports no line of its own.
          worker.onerror = (event) => end(event.message ? "failed" : "noWorkers");
          deal(worker);
        }
      } catch {
        end("noWorkers");
      }
    });
  }

  /** Ends the run under way, if there is one. */
  cancel(): void {
    this.#end?.("cancelled");
  }
}
