// What a host lends a member: a disk, a network, a way to be called back. Completion callbacks instead of promises,
// so that the simulator completes them at a virtual instant of its choosing.

import type { DiskWrite } from "../base/disk.ts";
import type { MemberId } from "../base/ids.ts";
import type { MemberAddress } from "./io.ts";

export interface Disk {
  /**
   * Makes the write durable, then calls `onWritten`, never from within this call. Writes come one at a time and
   * complete in order. A disk that fails calls `onFailed` instead, once, and takes no write after it: the member
   * stops for good, because a second sync after a failed one may lie.
   */
  write(write: DiskWrite, onWritten: () => void, onFailed: (why: string) => void): void;
  close(): void;
}

export interface Network {
  /**
   * May lose, delay, repeat and reorder; never blocks, never throws. The frame is one raftpb.Message, or one talk
   * (wire/talk_codec.ts: it begins with a zero byte), which only members of ours understand.
   */
  send(to: MemberId, frame: Uint8Array): void;
  /** Whom to keep connections to from now on. */
  setRoster(members: readonly MemberAddress[]): void;
  close(): void;
}
