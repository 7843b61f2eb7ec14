// Ids for log entries, unique in the cluster and across restarts: etcd's idutil. The first two bytes tell members
// apart, the other six start from the moment of this start and count up.
//
//   | 2 bytes of member id | 5 bytes of start time (ms) | 1 byte and more of counter |

import type { MemberId } from "../base/ids.ts";

const SUFFIX_VALUES = 2 ** 48;

export class EntryIds {
  readonly #prefix: string;
  #suffix: number;

  /** @param startId the moment of this start, in milliseconds or another count that grows with each start. */
  constructor(member: MemberId, startId: number) {
    this.#prefix = member.slice(-4);
    this.#suffix = ((startId % 2 ** 40) * 256) % SUFFIX_VALUES;
  }

  static restore(state: { readonly member: MemberId; readonly suffix: number }): EntryIds {
    const ids = new EntryIds(state.member, 0);
    ids.#suffix = state.suffix;
    return ids;
  }

  /** The suffix that `next` counted to. */
  capture(): number {
    return this.#suffix;
  }

  /** 16 hex digits, never all zero (zero means "no request" in an entry). */
  next(): string {
    this.#suffix = (this.#suffix + 1) % SUFFIX_VALUES;
    if (this.#suffix === 0) this.#suffix = 1;
    return this.#prefix + this.#suffix.toString(16).padStart(12, "0");
  }
}
