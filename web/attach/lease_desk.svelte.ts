// The leases of an attached cluster and what is left of each. etcd does not tell of them by itself: they are asked for
// while somebody looks.

import type { Gateway } from "./gateway.ts";
import { pause } from "./pause.ts";
import { decimalOf, type LeaseLeft, readLeaseIds, readLeaseLeft } from "./told.ts";

const ASK_EVERY_MS = 1_000;
/** Each lease is a question of its own. */
export const LEASE_COUNT_MAX = 20;

/** An answer and when it came. */
export interface LeaseRead extends LeaseLeft {
  readonly atMs: number;
}

export class LeaseDesk {
  leases: readonly LeaseRead[] = $state.raw([]);
  /** How many there are; null before the first answer. */
  count: number | null = $state(null);
  /** In etcd's words, why there is no answer. */
  trouble: string | null = $state(null);
  /** How many panes show leases now. */
  #lookers = 0;

  follow(gatewayOf: () => Gateway | null, signal: AbortSignal): void {
    void this.#run(gatewayOf, signal);
  }

  clear(): void {
    this.leases = [];
    this.count = null;
    this.trouble = null;
  }

  /** Asks from now on, until the returned function is called. */
  look(): () => void {
    this.#lookers += 1;
    return () => {
      this.#lookers -= 1;
    };
  }

  async #run(gatewayOf: () => Gateway | null, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const gateway = gatewayOf();
      if (this.#lookers > 0 && gateway !== null) await this.#ask(gateway, signal);
      await pause(this.#lookers > 0 ? ASK_EVERY_MS : ASK_EVERY_MS / 4, signal);
    }
  }

  async #ask(gateway: Gateway, signal: AbortSignal): Promise<void> {
    const listed = await gateway.ask("/v3/lease/leases", {});
    if (signal.aborted) return;
    if (listed.kind !== "ok") {
      this.trouble = listed.kind === "refused" ? listed.says : null;
      return;
    }
    const ids = readLeaseIds(listed.value);
    const read = await Promise.all(
      ids.slice(0, LEASE_COUNT_MAX).map(async (id): Promise<LeaseRead | null> => {
        const asked = await gateway.ask("/v3/lease/timetolive", { ID: decimalOf(id, true), keys: true });
        const left = asked.kind === "ok" ? readLeaseLeft(asked.value) : null;
        return left === null || left.ttl < 0 ? null : { ...left, atMs: Date.now() };
      }),
    );
    if (signal.aborted) return;
    this.trouble = null;
    this.count = ids.length;
    this.leases = read.filter((one) => one !== null);
  }
}
