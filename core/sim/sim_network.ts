// The network between members: each direction of each link has its own delay, loss, duplication and cut. Delays are
// drawn per frame, so frames overtake each other.

import { clonePlain } from "../base/clone.ts";
import type { MemberId } from "../base/ids.ts";
import { Prng, type PrngState } from "../base/prng.ts";
import type { EventQueue } from "./event_queue.ts";

export interface LinkSettings {
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  readonly lossPerMille: number;
  readonly duplicatePerMille: number;
}

export interface SimNetworkState {
  readonly prng: PrngState;
  readonly base: LinkSettings;
  readonly settings: Map<string, Partial<LinkSettings>>;
  readonly cut: Set<string>;
  readonly counts: { sent: number; lost: number; duplicated: number; stopped: number };
}

export class SimNetwork {
  readonly #queue: EventQueue;
  readonly #prng: Prng;
  #base: LinkSettings;
  #settings = new Map<string, Partial<LinkSettings>>();
  #cut = new Set<string>();
  #counts = { sent: 0, lost: 0, duplicated: 0, stopped: 0 };

  constructor(queue: EventQueue, base: LinkSettings, prng: Prng) {
    this.#queue = queue;
    this.#base = base;
    this.#prng = prng;
  }

  static restore(queue: EventQueue, state: SimNetworkState): SimNetwork {
    const network = new SimNetwork(queue, state.base, new Prng(state.prng));
    network.#settings = clonePlain(state.settings);
    network.#cut = new Set(state.cut);
    network.#counts = { ...state.counts };
    return network;
  }

  capture(): SimNetworkState {
    return clonePlain({
      prng: this.#prng.state(),
      base: this.#base,
      settings: this.#settings,
      cut: this.#cut,
      counts: this.#counts,
    });
  }

  /** Frames sent, lost on the way, sent twice, and stopped by a cut, since the start. */
  get counts(): Readonly<{ sent: number; lost: number; duplicated: number; stopped: number }> {
    return this.#counts;
  }

  /** Settings of every link that has none of its own. */
  setBase(base: LinkSettings): void {
    this.#base = base;
  }

  /** Changes one direction of one link. */
  setLink(from: MemberId, to: MemberId, settings: Partial<LinkSettings>): void {
    const key = linkKey(from, to);
    this.#settings.set(key, { ...this.#settings.get(key), ...settings });
  }

  /** Stops frames in one direction; what is already on its way is stopped too. */
  cut(from: MemberId, to: MemberId): void {
    this.#cut.add(linkKey(from, to));
  }

  mend(from: MemberId, to: MemberId): void {
    this.#cut.delete(linkKey(from, to));
  }

  /** Every link as new: no cut, no settings of its own. */
  heal(): void {
    this.#cut.clear();
    this.#settings.clear();
  }

  isCut(from: MemberId, to: MemberId): boolean {
    // Asked twice for each frame, and mostly nothing is cut.
    return this.#cut.size > 0 && this.#cut.has(linkKey(from, to));
  }

  /** The cut directions, sorted. */
  cuts(): readonly (readonly [from: MemberId, to: MemberId])[] {
    return [...this.#cut].sort().map((key) => key.split(">") as [MemberId, MemberId]);
  }

  send(from: MemberId, to: MemberId, frame: Uint8Array): void {
    this.#counts.sent += 1;
    if (this.isCut(from, to)) {
      this.#counts.stopped += 1;
      return;
    }
    const own = this.#settings.size > 0 ? this.#settings.get(linkKey(from, to)) : undefined;
    const link = own === undefined ? this.#base : { ...this.#base, ...own };
    if (this.#prng.chance(link.lossPerMille)) {
      this.#counts.lost += 1;
      return;
    }
    const copyCount = this.#prng.chance(link.duplicatePerMille) ? 2 : 1;
    this.#counts.duplicated += copyCount - 1;
    for (let copy = 0; copy < copyCount; copy++) {
      const delayMs = this.#prng.between(link.delayMsMin, link.delayMsMax);
      this.#queue.plan(delayMs, { kind: "frame", from, to, frame });
    }
  }
}

function linkKey(from: MemberId, to: MemberId): string {
  return `${from}>${to}`;
}
