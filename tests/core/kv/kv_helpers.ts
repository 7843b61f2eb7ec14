// Short forms for tests of the key-value store: text for bytes, and answers cut down to what a test looks at.

import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { type EtcdError, isEtcdError } from "../../../core/base/etcd_error.ts";
import {
  type KeyValue,
  type KvEvent,
  KvStore,
  type KvWriteRequest,
  type KvWriteResponse,
  putRequest,
  type RangeRequest,
  rangeRequest,
  type RangeResponse,
} from "../../../core/kv/mod.ts";

/** Applies requests that must succeed; returns the last one's response. */
export function applyAll(store: KvStore, ...requests: KvWriteRequest[]): KvWriteResponse {
  let last: KvWriteResponse | null = null;
  for (const request of requests) last = accepted(store.apply(request).response);
  assert(last !== null);
  return last;
}

export function accepted<T extends { readonly kind: string }>(answer: T | EtcdError): T {
  if (isEtcdError(answer)) assert.fail(answer.message);
  return answer as T;
}

/** The text of a refusal, or "accepted". */
export function refusalText(answer: { readonly kind: string } | null): string {
  return answer !== null && isEtcdError(answer) ? answer.message : "accepted";
}

export function put(key: string, value = "", lease = ""): KvWriteRequest {
  return putRequest({ key: utf8(key), value: utf8(value), lease });
}

export function compact(revision: number): KvWriteRequest {
  return { kind: "compact", revision, physical: false };
}

export type RangeFields = Partial<Omit<RangeRequest, "kind" | "key" | "rangeEnd">>;

/** A range from text to text; `end` "" for the single key, "\0" for everything from it on. */
export function range(store: KvStore, key: string, end = "", fields: RangeFields = {}): RangeResponse {
  return accepted(store.range(rangeRequest({ key: utf8(key), rangeEnd: utf8(end), ...fields })));
}

/** "key=value" of each pair. */
export function pairs(kvs: readonly KeyValue[]): string[] {
  return kvs.map((kv) => `${fromUtf8(kv.key)}=${fromUtf8(kv.value)}`);
}

/** "put key=value @revision" or "delete key @revision" of each event. */
export function eventTexts(events: readonly KvEvent[]): string[] {
  return events.map(({ kind, kv }) =>
    kind === "put"
      ? `put ${fromUtf8(kv.key)}=${fromUtf8(kv.value)} @${kv.modRevision}`
      : `delete ${fromUtf8(kv.key)} @${kv.modRevision}`
  );
}

export function decoded(bytes: Uint8Array): KvStore {
  const store = KvStore.decode(bytes);
  if ("reason" in store) assert.fail(store.reason);
  return store;
}
