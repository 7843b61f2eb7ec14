// The store's whole state, in its parts.

import type { Revision } from "../base/ids.ts";
import { KeyIndex, type KeyIndexState } from "./key_index.ts";
import { LeaseBook, type LeaseBookState } from "./lease_book.ts";
import { FIRST_REVISION, NEVER_COMPACTED } from "./revision.ts";
import { RevisionLog, type RevisionLogState } from "./revision_log.ts";

export interface KvTables {
  readonly index: KeyIndex;
  /** The index's records in the order they were written. Invariant: both hold the same records. */
  readonly log: RevisionLog;
  /** Invariant: a lease's keys are the live keys whose newest record names it. */
  readonly leases: LeaseBook;
  /** The newest revision. */
  readonly revision: Revision;
  /** History before this revision is gone; -1 when it never was compacted. Invariant: <= revision. */
  readonly compactRevision: Revision;
}

/** A frozen copy, kept by keyframes. Taken in O(1): maps share their nodes until one side changes them. */
export interface KvStoreState {
  readonly index: KeyIndexState;
  readonly log: RevisionLogState;
  readonly leases: LeaseBookState;
  readonly revision: Revision;
  readonly compactRevision: Revision;
}

export function emptyTables(): KvTables {
  return {
    index: new KeyIndex(),
    log: new RevisionLog(),
    leases: new LeaseBook(),
    revision: FIRST_REVISION,
    compactRevision: NEVER_COMPACTED,
  };
}

export function captureTables(tables: KvTables): KvStoreState {
  return {
    index: tables.index.capture(),
    log: tables.log.capture(),
    leases: tables.leases.capture(),
    revision: tables.revision,
    compactRevision: tables.compactRevision,
  };
}

/** Tables of their own; the state may be used again. */
export function restoreTables(state: KvStoreState): KvTables {
  return {
    index: new KeyIndex(state.index),
    log: new RevisionLog(state.log),
    leases: new LeaseBook(state.leases),
    revision: state.revision,
    compactRevision: state.compactRevision,
  };
}
