// What an empty disk starts from. All members of a new cluster write the same first entries, one conf change for
// each member in order of id, at term 1 and committed: so they agree on their configuration before the first vote.
// The first leader then begins term 2 with its empty entry behind them. (etcd: raft's Bootstrap)

import type { LogIndex } from "../base/ids.ts";
import type { Entry, HardState } from "../raft/types.ts";
import { confChangeCodec } from "../wire/conf_change_codec.ts";
import { confChangeOf } from "./membership_entry.ts";
import type { Bootstrap } from "./options.ts";

const NO_REQUEST = "0000000000000000";

export interface FirstLog {
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
}

/** One who joins a running cluster starts with nothing: the leader will send everything. */
export function bootstrapLog(bootstrap: Bootstrap): FirstLog {
  if (bootstrap.kind === "join") return { hardState: { term: 0, vote: null, commit: 0 }, entries: [] };
  const members = [...bootstrap.members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const entries = members.map((member, i): Entry => {
    // A member names itself when it starts; until then the list says only where it should live.
    const change = confChangeOf(
      { kind: "add", member: { ...member, name: member.name, clientUrls: [] } },
      NO_REQUEST,
    );
    const index: LogIndex = i + 1;
    return { index, term: 1, kind: "confChangeV1", data: confChangeCodec.encode(change, "confChangeV1") };
  });
  return { hardState: { term: 1, vote: null, commit: entries.length }, entries };
}
