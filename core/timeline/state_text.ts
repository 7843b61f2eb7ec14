// A cluster caught alive as text: its members' states as plain data, their stores as the bytes of a snapshot, which is
// how a store travels anywhere.

import { KvStore } from "../kv/kv_store.ts";
import type { KvStoreState } from "../kv/tables.ts";
import type { ClusterSimState } from "../sim/cluster_sim.ts";
import { plainFromJson, plainToJson } from "./plain_json.ts";

type Slot = ClusterSimState["slots"][number];
type KvText = Uint8Array;

/** The state with every store as bytes: plain data, for `plainToJson`. */
export function packState(state: ClusterSimState): unknown {
  return {
    ...state,
    slots: state.slots.map((slot) => withKv(slot, (kv) => KvStore.restore(kv as KvStoreState).encode())),
  };
}

/** @throws Error when this was not packed by `packState`. */
export function unpackState(packed: unknown): ClusterSimState {
  const state = packed as ClusterSimState;
  return {
    ...state,
    slots: state.slots.map((slot) =>
      withKv(slot, (kv) => {
        const store = KvStore.decode(kv as KvText);
        if (!(store instanceof KvStore)) throw new Error("a member's keys cannot be read");
        return store.capture();
      })
    ),
  };
}

export function stateToText(state: ClusterSimState): string {
  return plainToJson(packState(state));
}

/** @throws Error when this is no such text. */
export function stateFromText(text: string): ClusterSimState {
  const read = plainFromJson(text);
  if (read === null) throw new Error("it is no JSON");
  return unpackState(read.value);
}

function withKv(slot: Slot, change: (kv: unknown) => unknown): Slot {
  if (slot.member === null) return slot;
  const { consensus } = slot.member;
  const machine = { ...consensus.machine, kv: change(consensus.machine.kv) as KvStoreState };
  return { ...slot, member: { ...slot.member, consensus: { ...consensus, machine } } };
}
