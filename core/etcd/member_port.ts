// What the services need of a member: `MemberDriver` has it.

import type { Credentials } from "../auth/requests.ts";
import type { OnResponse } from "../member/driver.ts";
import type { ClientRequest, WatchMessage } from "../member/io.ts";

export interface MemberPort {
  request(request: ClientRequest, onResponse: OnResponse, credentials?: Credentials): number;
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

/** The member as this client sees it: whatever is asked is asked in its name. */
export function inTheNameOf(member: MemberPort, credentials: Credentials | undefined): MemberPort {
  if (credentials === undefined) return member;
  return {
    request: (request, onResponse) => member.request(request, onResponse, credentials),
    say: (requestId, message) => member.say(requestId, message),
    taken: (requestId, count) => member.taken(requestId, count),
    cancel: (requestId) => member.cancel(requestId),
  };
}
