// Asks the only question that counts: does a write still commit here? A client of one group of members puts a key to
// each of them in turn, again and again, until somebody says OK or its patience ends. One request would not do: a
// follower that does not know yet that its leader is gone passes the request on to it, and it is lost.

import { utf8 } from "../../base/bytes.ts";
import { isEtcdError } from "../../base/etcd_error.ts";
import type { MemberId } from "../../base/ids.ts";
import { putRequest } from "../../kv/requests.ts";
import type { ClientResponse } from "../../member/io.ts";
import type { ClusterSim, SimObserver } from "../../sim/cluster_sim.ts";
import { ELECTION_MS_MAX } from "./keyframe.ts";

/** Half an election apart: soon after a new leader is there, somebody asks it. */
const ASK_EVERY_MS = ELECTION_MS_MAX / 4;
/**
 * How long "no write commits" is watched for: seven elections, even if every member waited its longest. Elections that
 * split their votes make a success slow; the slowest seen in a few thousand took less than half of this.
 */
export const PATIENCE_MS = 7 * ELECTION_MS_MAX;

/** Milliseconds from the first question to the first OK; null when there was none within `PATIENCE_MS`. */
export type Verdict = number | null;

/** Gets one verdict for each group, all asked at the same time. */
export class Probe implements SimObserver {
  readonly #groups: readonly (readonly MemberId[])[];
  readonly #verdicts: Verdict[];
  /** Request number to the group that asked. */
  readonly #asked = new Map<number, number>();
  #sim: ClusterSim | null = null;
  #sinceMs = 0;

  constructor(groups: readonly (readonly MemberId[])[]) {
    this.#groups = groups;
    this.#verdicts = groups.map(() => null);
  }

  onResponse(requestId: number, response: ClientResponse): void {
    const group = this.#asked.get(requestId);
    if (group === undefined || isEtcdError(response)) return;
    this.#verdicts[group] ??= this.#sim!.nowMs - this.#sinceMs;
  }

  /** @param sim a run that this probe observes. */
  ask(sim: ClusterSim): readonly Verdict[] {
    this.#sim = sim;
    this.#sinceMs = sim.nowMs;
    for (let round = 0; round * ASK_EVERY_MS < PATIENCE_MS && !this.#settled; round++) {
      this.#askEach(sim, round);
      const untilMs = this.#sinceMs + (round + 1) * ASK_EVERY_MS;
      if (!sim.runUntil(() => this.#settled, untilMs - sim.nowMs)) sim.runFor(untilMs - sim.nowMs);
    }
    return this.#verdicts;
  }

  /** Nobody is left to wait for: of an empty group no answer will ever come. */
  get #settled(): boolean {
    return this.#groups.every((group, i) => group.length === 0 || this.#verdicts[i] !== null);
  }

  #askEach(sim: ClusterSim, round: number): void {
    this.#groups.forEach((group, i) => {
      if (group.length === 0 || this.#verdicts[i] !== null) return;
      const key = utf8(`group-${i}`);
      const requestId = sim.request(
        group[round % group.length]!,
        putRequest({ key, value: utf8(`${round}`) }),
      );
      this.#asked.set(requestId, i);
    });
  }
}
