// Clients that keep a watch open on a simulated cluster: each reads what it is told at once, notes it, and does not come
// back by itself when its stream ends.

import { fromUtf8, utf8 } from "../base/bytes.ts";
import { isEtcdError } from "../base/etcd_error.ts";
import type { MemberId, Revision } from "../base/ids.ts";
import { prefixEnd } from "../kv/requests.ts";
import { AUTO_WATCH_ID } from "../kv/watch_hub.ts";
import type { ClientResponse } from "../member/io.ts";
import type { WatchTold } from "./happening.ts";
import type { StageRun } from "./stage_run.ts";

interface ClientStream {
  readonly name: string;
  readonly member: MemberId;
  readonly fromRevision: Revision;
  readonly heard: string[];
  state: "opening" | "open" | "closed" | "compacted" | "broken";
}

export class ClientStreams {
  readonly #tell: (told: WatchTold) => void;
  #run: StageRun | null = null;
  readonly #byRequest = new Map<number, ClientStream>();

  constructor(tell: (told: WatchTold) => void) {
    this.#tell = tell;
  }

  attach(run: StageRun): void {
    this.#run = run;
  }

  /** Opens a stream at a member with one watch on it. */
  open(
    { name, member, key, isPrefix, fromRevision }: {
      readonly name: string;
      readonly member: MemberId;
      readonly key: string;
      readonly isPrefix: boolean;
      readonly fromRevision: Revision;
    },
  ): void {
    const requestId = this.#run!.watch(member, {
      watchId: AUTO_WATCH_ID,
      key: utf8(key),
      rangeEnd: isPrefix ? prefixEnd(utf8(key)) : new Uint8Array(),
      startRevision: fromRevision,
      prevKv: false,
      noPut: false,
      noDelete: false,
      progressNotify: false,
      fragment: false,
    });
    this.#byRequest.set(requestId, { name, member, fromRevision, heard: [], state: "opening" });
  }

  /** The client goes away without a word to the cluster's keys. @returns how many watches had that name. */
  close(name: string): number {
    const mine = [...this.#byRequest].filter(([, stream]) => stream.name === name && isLive(stream));
    for (const [requestId, stream] of mine) {
      stream.state = "closed";
      this.#run!.cancel(stream.member, requestId);
    }
    return mine.length;
  }

  /** What the newest watch of that name has heard, a line each; null when there was none. */
  heard(name: string): { readonly state: string; readonly lines: readonly string[] } | null {
    const found = [...this.#byRequest.values()].findLast((stream) => stream.name === name);
    return found ? { state: found.state, lines: found.heard } : null;
  }

  /** @returns false when the response is not for a stream of ours. */
  take(requestId: number, response: ClientResponse, last: boolean): boolean {
    const stream = this.#byRequest.get(requestId);
    if (!stream) return false;
    if (!last) this.#run!.taken(stream.member, requestId);
    const told = (what: WatchTold["what"], events: WatchTold["events"] = []) =>
      this.#tell({ kind: "watch", name: stream.name, what, fromRevision: stream.fromRevision, events });
    if (isEtcdError(response)) {
      if (isLive(stream)) {
        stream.state = "broken";
        told("broken");
      }
      return true;
    }
    const { result } = response;
    if (result.kind !== "watch") return true;
    if (result.created && stream.state === "opening") {
      stream.state = "open";
      told("created");
    }
    if (result.events.length > 0) {
      const events = result.events.map(({ kind, kv }) => ({
        kind,
        key: fromUtf8(kv.key),
        value: fromUtf8(kv.value),
        revision: kv.modRevision,
      }));
      for (const { kind, key, value, revision } of events) {
        stream.heard.push(`${revision}: ${kind === "put" ? `put ${key}=${value}` : `delete ${key}`}`);
      }
      told("events", events);
    }
    if (result.compactRevision > 0 && isLive(stream)) {
      stream.state = "compacted";
      stream.heard.push(`ended: history before revision ${result.compactRevision} is gone`);
      told("compacted");
    }
    return true;
  }
}

function isLive({ state }: ClientStream): boolean {
  return state === "opening" || state === "open";
}
