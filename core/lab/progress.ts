// Long computations are generators: each `yield` says how far they have come and hands the thread back. Whoever runs
// one may stop asking at any moment; nothing is left behind, as there is nothing but the generator itself.

export interface LabProgress {
  readonly doneCount: number;
  readonly totalCount: number;
}

export type LabRun<Result> = Generator<LabProgress, Result, void>;

/** Runs to the end at once: for tests, and for what is short enough. */
export function finish<Result>(run: LabRun<Result>): Result {
  for (;;) {
    const step = run.next();
    if (step.done) return step.value;
  }
}
