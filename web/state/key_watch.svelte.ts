// The keys of one member as that member has applied them, with their history: a watch from the oldest revision that
// is left, at that very member. It shows what a watcher there would see, no more.

import { isEtcdError } from "../../core/base/etcd_error.ts";
import { FROM_KEY_END } from "../../core/kv/requests.ts";
import type { ClientResponse } from "../../core/member/io.ts";
import type { Session } from "./session.svelte.ts";

/** One version of a key, or its end. */
export interface KeyVersion {
  readonly key: string;
  readonly revision: number;
  /** Null: the key was deleted here. */
  readonly value: string | null;
  readonly createRevision: number;
  readonly version: number;
  readonly lease: string;
}

const VERSIONS_MAX = 400;
const decoder = new TextDecoder();

export class KeyWatch {
  /** In order of revision; replaced whole. */
  versions: readonly KeyVersion[] = $state.raw([]);
  /** The newest revision the watch has told. */
  revision = $state(0);

  readonly #session: Session;
  #stop: (() => void) | null = null;
  #name: string | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Follows this member; another one, or one that came back, is watched from the start. */
  follow(name: string, compactRevision: number): void {
    if (this.#name === name && this.#stop !== null) return;
    this.end();
    this.#name = name;
    this.versions = [];
    this.revision = 0;
    try {
      this.#stop = this.#session.watch(
        name,
        {
          watchId: 0,
          key: new Uint8Array([0]),
          rangeEnd: FROM_KEY_END,
          startRevision: Math.max(1, compactRevision + 1),
          prevKv: false,
          noPut: false,
          noDelete: false,
          progressNotify: false,
          fragment: false,
        },
        (response) => this.#take(response),
        () => (this.#stop = null),
      );
    } catch {
      // It cannot answer at the moment; what was seen before stays in sight, and it is asked again.
      this.#stop = null;
    }
  }

  end(): void {
    this.#stop?.();
    this.#stop = null;
    this.#name = null;
  }

  #take(response: ClientResponse): void {
    if (isEtcdError(response) || response.result.kind !== "watch") return;
    const { events, revision, cancelled } = response.result;
    if (cancelled) this.#stop = null;
    const fresh = events.map(({ kind, kv }): KeyVersion => ({
      key: decoder.decode(kv.key),
      revision: kv.modRevision,
      value: kind === "put" ? decoder.decode(kv.value) : null,
      createRevision: kv.createRevision,
      version: kv.version,
      lease: kv.lease,
    }));
    if (fresh.length > 0) this.versions = [...this.versions, ...fresh].slice(-VERSIONS_MAX);
    this.revision = Math.max(this.revision, revision, fresh[fresh.length - 1]?.revision ?? 0);
  }
}
