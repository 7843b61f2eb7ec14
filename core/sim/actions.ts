// What an operator may do to a cluster: one vocabulary for the page, the terminal, lessons, scenarios, share links
// and the hunter. Each home carries them out in its own way; the names are those of the scenario language.

import type { MemberId } from "../base/ids.ts";
import type { ClientRequest, MemberInfo } from "../member/io.ts";
import type { LinkSettings } from "./sim_network.ts";

export type OperatorAction =
  /** Power goes out: what was not reported durable may be lost, the write in flight may be torn. */
  | { readonly kind: "crash"; readonly member: MemberId }
  | { readonly kind: "restart"; readonly member: MemberId }
  /** The process is stopped (SIGSTOP): its time stands still, messages to it wait. */
  | { readonly kind: "pause"; readonly member: MemberId }
  | { readonly kind: "resume"; readonly member: MemberId }
  /** An empty disk in place of a stopped member's; with `keep`, the old one lies on a shelf. */
  | { readonly kind: "wipe"; readonly member: MemberId; readonly keep?: true }
  /** The disk from the shelf goes back in. */
  | { readonly kind: "restoreDisk"; readonly member: MemberId }
  /** Each write takes this long from now on. */
  | { readonly kind: "slowDisk"; readonly member: MemberId; readonly delayMs: number }
  /** A full disk refuses the next write and every one after it; the member stops. */
  | { readonly kind: "fillDisk"; readonly member: MemberId }
  | { readonly kind: "freeDisk"; readonly member: MemberId }
  /** Durable bytes change: one bit flips, or a stretch is overwritten by bytes meant for elsewhere. `draw` says where. */
  | {
    readonly kind: "corruptDisk";
    readonly member: MemberId;
    readonly how: "rot" | "misdirect";
    readonly draw: number;
  }
  /** From now on its clock ticks at this pace. */
  | { readonly kind: "clock"; readonly member: MemberId; readonly tickEveryMs: number }
  /** Its clock leaps: so many ticks at once. */
  | { readonly kind: "leap"; readonly member: MemberId; readonly ticks: number }
  /** A member that the cluster has added starts on an empty disk; `members` is whom it was told of. */
  | { readonly kind: "join"; readonly info: MemberInfo; readonly members: readonly MemberInfo[] }
  /** Its timer strikes now. */
  | { readonly kind: "elect"; readonly member: MemberId }
  | { readonly kind: "transfer"; readonly to: MemberId }
  /** Stops messages from one to the other, in this direction only. */
  | { readonly kind: "cut"; readonly from: MemberId; readonly to: MemberId }
  | { readonly kind: "mend"; readonly from: MemberId; readonly to: MemberId }
  /** Only members of the same group can talk. */
  | { readonly kind: "partition"; readonly groups: readonly (readonly MemberId[])[] }
  /** Every link as new. */
  | { readonly kind: "heal" }
  | {
    readonly kind: "link";
    readonly from: MemberId;
    readonly to: MemberId;
    readonly settings: Partial<LinkSettings>;
  }
  /** One frame in the air, named by its place in the run's queue; `from` and `to` say aloud whose it is. */
  | {
    readonly kind: "frame";
    readonly order: number;
    readonly from: MemberId;
    readonly to: MemberId;
    readonly fate: FrameFate;
  }
  /** Its next election deadline, chance taken out: said aloud wherever it is used. */
  | { readonly kind: "pin"; readonly member: MemberId; readonly deadlineTicks: number }
  | { readonly kind: "request"; readonly member: MemberId; readonly request: ClientRequest };

/** An action and the virtual time at which it was taken: a list of these tells a run's troubles again. */
export interface TimedAction {
  readonly atMs: number;
  readonly action: OperatorAction;
}

/** What may become of a frame in the air: held where it is, lost, doubled, or landed at once. */
export type FrameFate = "hold" | "drop" | "duplicate" | "deliver";
