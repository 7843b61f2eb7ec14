// Plays the scenarios of etcd-io/raft's package quorum: what is committed and who is elected, given what each voter
// said. Answers are checked against what must not matter: swapping the halves, joining a configuration with itself.

import { type MemberId, memberIdOf } from "../../core/base/ids.ts";
import { quorumIndex, quorumVotes, type Voters } from "../../core/raft/mod.ts";
import { type Case, valuesOf } from "./datadriven.ts";

export function runQuorumCase({ command, args }: Case): string {
  const ids = (key: string) =>
    [...new Set((valuesOf(args, key) ?? []).filter((value) => value !== "zero"))]
      .map((value) => memberIdOf(Number(value)));
  const config: Voters = { voters: ids("cfg"), votersOutgoing: ids("cfgj") };
  const swapped: Voters = { voters: config.votersOutgoing, votersOutgoing: config.voters };
  const doubled: Voters = { voters: config.voters, votersOutgoing: config.voters };
  const everyone = [...new Set([...config.voters, ...config.votersOutgoing])];
  const said = valuesOf(args, command === "vote" ? "votes" : "idx") ?? [];
  if (everyone.length !== said.length) {
    return `error: mismatched input (explicit or _) for voters [${
      everyone.map((id) => parseInt(id, 16)).join(" ")
    }]`;
  }
  const heard = new Map<MemberId, string>();
  everyone.forEach((id, i) => {
    if (said[i] !== "_") heard.set(id, said[i]!);
  });

  switch (command) {
    case "committed": {
      const acked = (id: MemberId) => heard.has(id) ? Number(heard.get(id)) : undefined;
      const alternatives = config.votersOutgoing.length === 0 ? [doubled, swapped] : [swapped];
      return agreed([config, ...alternatives].map((each) => {
        const index = quorumIndex(each, acked);
        return index === Infinity ? "∞" : String(index);
      }));
    }
    case "vote": {
      const votes = new Map([...heard].map(([id, vote]) => [id, vote === "y"]));
      return agreed([config, swapped].map((each) => {
        const result = quorumVotes(each, votes);
        return `Vote${result[0]!.toUpperCase()}${result.slice(1)}`;
      }));
    }
    default:
      return `unknown command ${command}`;
  }
}

function agreed(answers: readonly string[]): string {
  return new Set(answers).size === 1 ? answers[0]! : answers.join(" <-- but ");
}
