// Plays seeds for the hunter, one message a seed, beside others of its kind.

import { drawHuntPlan } from "../../core/check/hunt.ts";
import { drawBrokenPlan, runPlan } from "../../core/check/gallery.ts";
import type { BrokenRuleKey } from "../../core/sim/broken/mod.ts";

export interface Errand {
  readonly seed: number;
  readonly broken: BrokenRuleKey | null;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Errand>) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = ({ data: { seed, broken } }) => {
  const plan = broken === null ? drawHuntPlan(seed) : drawBrokenPlan(broken, seed);
  const result = runPlan(plan);
  // What was done is only of use where something broke, and long.
  scope.postMessage({ ...result, actions: result.failure === null ? [] : result.actions });
};
