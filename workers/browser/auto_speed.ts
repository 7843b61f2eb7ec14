// How fast the clock runs when nobody has chosen. At teaching speed a first election takes 14 to 26 seconds, of which
// nothing can be learnt while one waits for a page to begin: so the clock runs in real time until the cluster has
// its first leader, then settles at the speed at which a message can be followed with the eye. A speed chosen by the
// visitor holds from that moment on.

import type { ProfileName } from "./cluster_api.ts";

/** Virtual seconds per real second while there is nothing to see yet. */
const OPENING_SCALE = 1;
/** A cluster that finds no leader in this much virtual time (most members refuse to run) is shown as it is. */
const OPENING_VIRTUAL_MS_MAX = 20_000;

/** Where the clock settles: a teaching flight of 12 ms takes a second; etcd's own clock is shown as it is. */
export const SETTLED_SCALE: Readonly<Record<ProfileName, number>> = { teaching: 1 / 80, etcd: 1 };

export class AutoSpeed {
  #chosen: number;
  #openedAtMs: number | null;

  /** The cluster opens at this virtual time. */
  constructor(profile: ProfileName, nowMs: number) {
    this.#chosen = SETTLED_SCALE[profile];
    this.#openedAtMs = nowMs;
  }

  get scale(): number {
    return this.#openedAtMs === null ? this.#chosen : OPENING_SCALE;
  }

  choose(scale: number): void {
    this.#chosen = scale;
    this.#openedAtMs = null;
  }

  /** Looks whether the opening is over. */
  observe(hasLeader: boolean, nowMs: number): void {
    if (this.#openedAtMs === null) return;
    if (hasLeader || nowMs - this.#openedAtMs > OPENING_VIRTUAL_MS_MAX) this.#openedAtMs = null;
  }
}
