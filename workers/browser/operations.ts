// What may be done to one member beside crash, pause and election: troubles of its disk, and the cluster's own
// membership. Both homes of a cluster, workers and the simulator, carry out the same list.

import type { ClientRequest } from "../../core/member/io.ts";
import type { MemberId } from "../../core/base/ids.ts";

export type Operation =
  /** Each write takes this long from now on, in virtual milliseconds, 0 to `DISK_DELAY_MS_MAX`; 0: as before. */
  | { readonly kind: "slowDisk"; readonly name: string; readonly delayMs: number }
  /** A full disk refuses the next write and every one after it; the member stops. */
  | { readonly kind: "fillDisk"; readonly name: string }
  | { readonly kind: "freeDisk"; readonly name: string }
  /** The leader hands the lead to this member. */
  | { readonly kind: "transfer"; readonly name: string }
  /** Takes it out of the configuration: the others agree on that in their log. */
  | { readonly kind: "remove"; readonly name: string }
  /** A learner becomes a voter. */
  | { readonly kind: "promote"; readonly name: string };

/** A disk slower than this would be a broken one. */
export const DISK_DELAY_MS_MAX = 10_000;

/** How a member's disk is troubled. */
export interface DiskTrouble {
  /** Added to each write, virtual milliseconds. */
  readonly slowMs: number;
  readonly full: boolean;
}

export const SOUND_DISK: DiskTrouble = { slowMs: 0, full: false };

/** @throws Error with a plain sentence when the delay is none. */
export function demandDelay(delayMs: number): void {
  if (Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= DISK_DELAY_MS_MAX) return;
  throw new Error(`a disk is slow by 0 to ${DISK_DELAY_MS_MAX} whole milliseconds; ${delayMs} is none`);
}

/** What the leader is asked for an operation on the membership. */
export function leaderRequest(kind: "transfer" | "remove" | "promote", member: MemberId): ClientRequest {
  switch (kind) {
    case "transfer":
      return { kind: "moveLeader", target: member };
    case "remove":
      return { kind: "memberRemove", member };
    case "promote":
      return { kind: "memberPromote", member };
  }
}
