// What is wrong with the cluster until an operator says otherwise. Alarms are raised and cleared through the log, so
// that every member refuses alike. (etcdserver/api/v3alarm)

import type { MemberId } from "../base/ids.ts";
import { idToUint64 } from "../wire/border.ts";
import type { AlarmType } from "../wire/request_codec.ts";

export type AlarmKind = Exclude<AlarmType, "none">;

export interface Alarm {
  /** Who raised it, or is meant by it. */
  readonly member: MemberId;
  readonly alarm: AlarmKind;
}

const WIRE_NAMES: Readonly<Record<AlarmKind, string>> = { noSpace: "NOSPACE", corrupt: "CORRUPT" };
const KINDS = Object.keys(WIRE_NAMES) as readonly AlarmKind[];

export class Alarms {
  #raised: readonly Alarm[];

  constructor(raised: readonly Alarm[] = []) {
    this.#raised = raised;
  }

  /** Sorted by kind and member, so that equal members capture alike. The list is never changed afterwards. */
  capture(): readonly Alarm[] {
    return this.#raised;
  }

  /** @param kind "none" asks for all. */
  list(kind: AlarmType): readonly Alarm[] {
    return kind === "none" ? this.#raised : this.#raised.filter(({ alarm }) => alarm === kind);
  }

  has(kind: AlarmKind): boolean {
    return this.#raised.some(({ alarm }) => alarm === kind);
  }

  /** Idempotent. */
  raise(raised: Alarm): void {
    this.clear(raised);
    this.#raised = [...this.#raised, raised].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  }

  /** False when no such alarm was raised. */
  clear({ member, alarm }: Alarm): boolean {
    const kept = this.#raised.filter((other) => other.member !== member || other.alarm !== alarm);
    const wasRaised = kept.length < this.#raised.length;
    this.#raised = kept;
    return wasRaised;
  }
}

/** As a status names it: Go's text form of the message, its last blank included. */
export function describeAlarm({ member, alarm }: Alarm): string {
  return `memberID:${idToUint64(member)} alarm:${WIRE_NAMES[alarm]} `;
}

export function isAlarmKind(text: unknown): text is AlarmKind {
  return KINDS.includes(text as AlarmKind);
}

function orderOf({ member, alarm }: Alarm): string {
  return `${KINDS.indexOf(alarm)}/${member}`;
}
