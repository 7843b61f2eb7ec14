// Every scenario file agrees, and the runner would notice if it did not: with one rule of the core broken on purpose,
// files fail.

import assert from "node:assert/strict";
import { Progress } from "../../core/raft/progress.ts";
import { RaftCore } from "../../core/raft/raft_core.ts";
import { compareLogPosition } from "../../core/raft/log_position.ts";
import { RaftLog } from "../../core/raft/raft_log.ts";
import { Tracker } from "../../core/raft/tracker.ts";
import { parseCases } from "./datadriven.ts";
import { playDirectory } from "./play.ts";

const DIRECTORY = new URL("../../../shared/raft-testdata", import.meta.url).pathname;

function isThere(): boolean {
  try {
    return Deno.statSync(DIRECTORY).isDirectory;
  } catch {
    return false;
  }
}

const ignore = !isThere();
if (ignore) console.log(`raft_testdata: skipped, there is no ${DIRECTORY}`);

function failures(): readonly string[] {
  return playDirectory(DIRECTORY).filter(({ verdict }) => verdict.kind === "differs").map(({ name }) => name);
}

Deno.test({
  name: "the core agrees with every scenario file of etcd-io/raft",
  ignore,
  fn() {
    const played = playDirectory(DIRECTORY);

    assert(played.some(({ verdict }) => verdict.kind === "ok"), "nothing was played");
    for (const { name, verdict } of played) {
      const details = verdict.kind === "differs"
        ? `line ${verdict.line}, ${verdict.command}\n${verdict.details}`
        : "";
      assert.notEqual(verdict.kind, "differs", `${name}: ${details}`);
    }
  },
});

/** Each takes one rule away, by replacing one method. */
// deno-lint-ignore ban-types
const BREAKAGES: readonly { rule: string; of: object; method: string; broken: Function }[] = [
  {
    rule: "a commit needs a quorum",
    of: Tracker.prototype,
    method: "quorumMatch",
    broken(this: Tracker) {
      return Math.max(...[...this.progress.values()].map(({ match }) => match));
    },
  },
  {
    rule: "a vote goes to a log that is up to date",
    of: RaftLog.prototype,
    method: "isUpToDate",
    broken(this: RaftLog, theirs: { index: number; term: number }) {
      return compareLogPosition(theirs, this.last()) > 0;
    },
  },
  {
    rule: "an append fits only behind an entry that is here",
    of: RaftLog.prototype,
    method: "holds",
    broken: () => true,
  },
  {
    rule: "a rejection points past terms that cannot match",
    of: RaftLog.prototype,
    method: "findConflictByTerm",
    broken: (index: number) => ({ index: Math.max(0, index - 1), term: 0 }),
  },
  {
    rule: "a leader begins with an entry of its own",
    of: RaftCore.prototype,
    method: "appendOwn",
    broken(this: RaftCore, proposals: readonly { data: Uint8Array }[]) {
      return proposals[0]!.data.length === 0 || appendOwn.call(this, proposals as never);
    },
  },
  {
    rule: "a leader in its lease keeps its followers from voting",
    of: RaftCore.prototype,
    method: "isInLease",
    broken: () => false,
  },
  {
    rule: "a pre-candidate changes nothing",
    of: RaftCore.prototype,
    method: "becomePreCandidate",
    broken(this: RaftCore) {
      this.becomeCandidate();
    },
  },
  {
    rule: "a full window pauses the flow",
    of: Progress.prototype,
    method: "isPaused",
    broken: () => false,
  },
  {
    rule: "a leader that hears no quorum steps down",
    of: Tracker.prototype,
    method: "isQuorumActive",
    broken: () => true,
  },
  {
    rule: "what is applied is known to be applied",
    of: RaftLog.prototype,
    method: "appliedTo",
    broken: () => 0,
  },
];

const appendOwn = RaftCore.prototype.appendOwn;

Deno.test({
  name: "files fail when any one of these rules of the core is broken",
  ignore,
  fn() {
    for (const { rule, of, method, broken } of BREAKAGES) {
      const intact = Object.getOwnPropertyDescriptor(of, method)!;
      Object.defineProperty(of, method, { ...intact, value: broken });
      try {
        assert(failures().length > 0, `no file notices when "${rule}" is broken`);
      } finally {
        Object.defineProperty(of, method, intact);
      }
    }
    assert.deepEqual(failures(), []);
  },
});

Deno.test("a scenario file is read with its arguments, input and both kinds of expectation", () => {
  const text =
    '# note\nadd 2 voters=(1, 2) index=3\nv1 v2\n----\nok\n\nsay "x"\n----\n----\na\n\nb\n----\n----\n';

  const [add, say] = parseCases(text);

  assert.deepEqual(add, {
    line: 2,
    command: "add",
    args: [{ key: "2", values: [] }, { key: "voters", values: ["1", "2"] }, { key: "index", values: ["3"] }],
    input: "v1 v2",
    expected: "ok",
  });
  assert.deepEqual([say!.line, say!.args[0]!.key, say!.expected], [7, '"x"', "a\n\nb"]);
});
