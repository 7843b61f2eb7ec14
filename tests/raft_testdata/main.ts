// Holds core/raft against the scenario files of etcd-io/raft.
//
//   deno run --allow-read tests/raft_testdata/main.ts [DIR]      DIR defaults to ../shared/raft-testdata
//
// Plays every *.txt in DIR/interaction, DIR/quorum and DIR/confchange (or the reference's own testdata, quorum/testdata,
// confchange/testdata), prints a line per file, and exits with 1 unless all agree.
//
// Canonical form: outputs are compared line by line and in order, that is
//   - every message handed over, delivered or dropped: sender, receiver, kind, term, log position, commit, entries,
//     snapshot, rejection and hint, in the order each node sends and each node receives them;
//   - every Ready: soft state, hard state, entries to append, snapshot to install, entries to apply;
//   - roles and configurations, in the lines that announce them ("became leader at term 2", "switched to
//     configuration voters=(1 2)") and in raft-state;
//   - progress of every member (status, and in confchange files), the log on disk (raft-log), errors.
// Left out: all other DEBUG, INFO, WARN and ERROR lines, MustSync (a Ready of ours also asks for a sync when it installs
// a snapshot), and in quorum files the chart above the answer. Files that use the reference's asynchronous storage
// messages are named and skipped.

import { playDirectory } from "./play.ts";

if (import.meta.main) {
  const directory = Deno.args[0] ?? new URL("../../../shared/raft-testdata", import.meta.url).pathname;
  const played = playDirectory(directory);
  let okCount = 0;
  let differsCount = 0;
  for (const { name, verdict } of played) {
    switch (verdict.kind) {
      case "ok":
        okCount += 1;
        console.log(`ok ${name} (${verdict.commandCount} commands)`);
        break;
      case "skipped":
        console.log(`skipped ${name}: ${verdict.why}`);
        break;
      case "differs":
        differsCount += 1;
        console.log(`DIFFERS ${name}: line ${verdict.line}, ${verdict.command}\n${verdict.details}`);
        break;
    }
  }
  const skippedCount = played.length - okCount - differsCount;
  console.log(
    `${okCount} agree, ${differsCount} differ, ${skippedCount} skipped, of ${played.length} in ${directory}`,
  );
  if (differsCount > 0 || okCount === 0) Deno.exit(1);
}
