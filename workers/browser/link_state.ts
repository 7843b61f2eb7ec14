// The links of a cluster in a tab: who cannot be reached from where, how long a frame flies, and the names under
// which frames travel.

import { StateHash } from "../../core/base/bytes.ts";
import type { MemberId } from "../../core/base/ids.ts";
import { Prng } from "../../core/base/prng.ts";
import type { LinkCut, ProfileName } from "./cluster_api.ts";

/** What the page tells every worker of the network between them. */
export interface LinkState {
  readonly cuts: readonly LinkCut[];
  /** Members without a worker: a connection to them is refused, as by a host whose process is gone. */
  readonly down: readonly MemberId[];
}

/** Virtual milliseconds a frame flies, both ends included. Teaching: 12 ± 3, a second to the eye at 1/80. */
export const FLIGHT_MS: Readonly<Record<ProfileName, { readonly min: number; readonly max: number }>> = {
  teaching: { min: 9, max: 15 },
  etcd: { min: 1, max: 2 },
};

export function isCut(links: LinkState, from: MemberId, to: MemberId): boolean {
  return links.cuts.some((cut) => cut.from === from && cut.to === to);
}

/** Where a member listens. The incarnation keeps clusters apart that have the same ids, one after the other. */
export function inboxName(incarnation: string, member: MemberId): string {
  return `flotilla/${incarnation}/${member}`;
}

/** The delays of one direction of one link: drawn apart from all others, so that links do not disturb each other. */
export function linkPrng(seed: number, from: MemberId, to: MemberId): Prng {
  return new Prng(seedFrom("link", seed, from, to));
}

/** One seed from many values; a safe integer. */
export function seedFrom(...values: readonly (string | number)[]): number {
  const hash = new StateHash();
  for (const value of values) hash.addText(String(value));
  return parseInt(hash.digest().slice(0, 13), 16);
}
