// What a page and a worker of the lab say to each other: one task at a time in, its progress and its result out.

import type { LabProgress, LabResult, LabTask } from "../../core/lab/mod.ts";

/** A worker never cancels: whoever no longer wants a result ends the worker. */
export type LabReport =
  | { readonly kind: "progress"; readonly progress: LabProgress }
  | { readonly kind: "done"; readonly result: LabResult };

export type { LabTask };
