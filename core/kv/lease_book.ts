// Leases and the keys that hang on them (etcd's lease/lessor.go, the part that is replicated). The book knows no
// clock: whoever leads the cluster watches the time and sends an expiry through the log as a revoke request.

import { assert } from "../base/assert.ts";
import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import { AFTER_ALL_KEYS, type KeyText } from "./key_text.ts";
import { orderedByText, type OrderedMap } from "./ordered_map.ts";
import type { LeaseId } from "./requests.ts";

/** Longest time to live that can be granted, in seconds. (lease.MaxLeaseTTL) */
export const LEASE_TTL_MAX = 9_000_000_000;

const LEASE_ID_DIGITS = 16;
const NO_LEASE = "0".repeat(LEASE_ID_DIGITS);

export interface Lease {
  readonly id: LeaseId;
  /** Seconds, as granted. */
  readonly grantedTtl: number;
}

export interface LeaseBookState {
  readonly leases: OrderedMap<LeaseId, Lease>;
  readonly attached: OrderedMap<string, KeyText>;
}

export class LeaseBook {
  readonly #leases: OrderedMap<LeaseId, Lease>;
  /** From a lease's id followed by a key to that key: one lease's keys lie together, in key order. */
  readonly #attached: OrderedMap<string, KeyText>;

  constructor(state?: LeaseBookState) {
    this.#leases = state === undefined ? orderedByText() : state.leases.clone();
    this.#attached = state === undefined ? orderedByText() : state.attached.clone();
  }

  /** A frozen copy, in O(1). */
  capture(): LeaseBookState {
    return { leases: this.#leases.clone(), attached: this.#attached.clone() };
  }

  get size(): number {
    return this.#leases.size;
  }

  has(id: LeaseId): boolean {
    return this.#leases.get(id) !== undefined;
  }

  get(id: LeaseId): Lease | undefined {
    return this.#leases.get(id);
  }

  /** All leases in the order of their ids. */
  list(): Lease[] {
    return [...this.#leases.entries()].map(([, lease]) => lease);
  }

  /** The keys attached to a lease, in key order. */
  keysOf(id: LeaseId): KeyText[] {
    const keys: KeyText[] = [];
    this.#attached.forRange(id, id + AFTER_ALL_KEYS, false, (_, key) => {
      keys.push(key);
    });
    return keys;
  }

  /** @returns the lease, or etcd's refusal. */
  grant(id: LeaseId, ttl: number): Lease | EtcdError {
    if (id === "" || id === NO_LEASE) return ETCD_ERRORS.leaseNotFound;
    assert(id.length === LEASE_ID_DIGITS, () => `lease id ${id} is not ${LEASE_ID_DIGITS} hex digits`);
    if (ttl > LEASE_TTL_MAX) return ETCD_ERRORS.leaseTtlTooLarge;
    if (this.has(id)) return ETCD_ERRORS.leaseExists;
    const lease: Lease = { id, grantedTtl: ttl };
    this.#leases.set(id, lease);
    return lease;
  }

  /** Forgets a lease. Its keys must have been deleted, and thereby detached, before. */
  remove(id: LeaseId): void {
    assert(this.keysOf(id).length === 0, () => `lease ${id} still has keys`);
    const wasThere = this.#leases.delete(id);
    assert(wasThere, () => `no lease ${id} to remove`);
  }

  attach(id: LeaseId, key: KeyText): void {
    assert(this.has(id), () => `attaching a key to the unknown lease ${id}`);
    this.#attached.set(id + key, key);
  }

  detach(id: LeaseId, key: KeyText): void {
    const wasThere = this.#attached.delete(id + key);
    assert(wasThere, () => `detaching a key that lease ${id} does not hold`);
  }
}
