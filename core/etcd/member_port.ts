// What the services need of a member: `MemberDriver` has it.

import type { OnResponse } from "../member/driver.ts";
import type { ClientRequest, WatchMessage } from "../member/io.ts";

export interface MemberPort {
  request(request: ClientRequest, onResponse: OnResponse): number;
  say(requestId: number, message: WatchMessage): void;
  taken(requestId: number, count?: number): void;
  cancel(requestId: number): void;
}

/** What a call that lasts is opened with. */
export interface MemberCall {
  readonly member: MemberPort;
  /** The client wants no answer from a member without a leader. (metadata "hasleader": "true") */
  readonly requireLeader: boolean;
}
