// Conditions by their near misses: the story that looks alike and is not the one. The lessons themselves show that each
// can come true.

import assert from "node:assert/strict";
import { conditionUsages, parseCommand, ScenarioRunner, troubleWith } from "../../../core/script/mod.ts";
import { openCondition } from "../../../core/script/conditions.ts";

/** Whether these commands make the condition true. Those before `|` set the stage, unseen. */
function meets(condition: string, ...commands: readonly string[]): boolean {
  const words = condition.split(" ");
  assert.equal(troubleWith(words), null);
  const watch = openCondition(words);
  let isSeen = !commands.includes("|");
  let isMet = false;
  const runner = new ScenarioRunner({
    onMoment: (moment) => {
      if (isSeen && !isMet) isMet = watch.next(moment).done === true;
    },
  });
  for (const command of commands) {
    if (command === "|") {
      isSeen = true;
      if (runner.stage) runner.run(parseCommand("run for=1ms"));
    } else runner.run(parseCommand(command));
  }
  return isMet;
}

const FOUR = ["cluster members=4 seed=2", "run until=converged", "run for=100ms"];
const FIVE = ["cluster members=5 seed=2", "run until=converged", "run for=100ms"];
const THREE = ["cluster members=3 seed=3", "run until=converged", "run for=100ms"];

Deno.test("an election without a crash is no election after one", () => {
  assert(!meets("new-leader-after-crash", ...THREE, "|", "run for=200ms", "elect n2", "run for=2s"));
  assert(!meets("new-leader-after-crash", ...THREE, "|", "run for=200ms", "crash n2", "run for=2s"));
  assert(meets("new-leader-after-crash", ...THREE, "|", "run for=200ms", "crash leader", "run for=2s"));
});

Deno.test("two candidates of different terms are no split vote", () => {
  assert(!meets("split-vote", ...FIVE, "|", "elect n2", "run for=500ms", "elect n4", "run for=500ms"));
});

Deno.test("a wall of three and one is no clean cut, whoever stands where", () => {
  assert(!meets("wall 2|2", ...FOUR, "partition n1,n2,n3 | n4", "run for=100ms"));
  assert(!meets("no-quorum-for 2", ...FOUR, "partition n1,n2,n3 | n4", "run for=2s"));
  assert(meets("wall 1|3", ...FOUR, "partition n4 | n1,n2,n3", "run for=100ms"));
  assert(meets("no-quorum-for 2", ...FOUR, "partition n1,n3 | n2,n4", "run for=2s"));
});

Deno.test("a wall drawn link by link is the same wall", () => {
  const links = ["n1 n3", "n1 n4", "n2 n3", "n2 n4"].map((pair) => `cut ${pair}`);

  assert(meets("wall 2|2", ...FOUR, ...links, "run for=100ms"));
  assert(!meets("wall 2|2", ...FOUR, ...links.slice(1), "run for=100ms"));
});

Deno.test("two failed writes on one side are not one on each", () => {
  const wall = [...FOUR, "partition n1,n2 | n3,n4"];

  assert(!meets("writes-fail-on-both-sides", ...wall, "put x 1 at=n1", "put x 2 at=n2"));
  assert(meets("writes-fail-on-both-sides", ...wall, "put x 1 at=n1", "put x 2 at=n4"));
});

Deno.test("tolerance wants the last success, the first failure, and a return", () => {
  const down = ["crash n1", "run for=1s", "put x 1"];
  const over = ["crash n2", "put x 2"];

  assert(!meets("tolerance 3", ...THREE, ...down, ...over));
  assert(
    !meets("tolerance 3", ...THREE, "crash n1", "crash n2", "put x 2", "restart n2", "run for=1s", "put x 3"),
  );
  assert(meets("tolerance 3", ...THREE, ...down, ...over, "restart n2", "run for=1s", "put x 3"));
});

Deno.test("a linearizable read, and a serializable one on the large side, are not stale", () => {
  const cut = [
    "cluster members=5 seed=2 rules=textbook",
    "run until=converged",
    "put x 7",
    "run for=200ms",
    "partition n1,n2 | n3,n4,n5",
    "run until=term=3",
    "run for=500ms",
    "put x 8 at=n3",
    "run for=200ms",
  ];

  assert(!meets("stale-read", ...cut, "get x serializable at=n4", "get x at=n1"));
  assert(meets("stale-read", ...cut, "get x serializable at=n2"));
});

Deno.test("a restart that lost nothing has no torn tail", () => {
  assert(!meets("torn-tail", ...THREE, "put x 1", "run for=100ms", "crash n3", "restart n3", "run for=1s"));
  assert(meets("kept-log", ...THREE, "put x 1", "run for=100ms", "crash n3", "restart n3", "run for=1s"));
  assert(!meets("kept-log", ...THREE, "put x 1", "run for=100ms", "pause n3", "resume n3", "run for=1s"));
});

Deno.test("adding before removing replaces nobody, and removing one that runs is no replacement", () => {
  assert(
    !meets(
      "replaced",
      ...THREE,
      "member add n4 learner",
      "start n4",
      "run until=converged",
      "crash n3",
      "run for=300ms",
      "member remove n3",
      "run for=300ms",
    ),
  );
  assert(
    !meets(
      "replaced",
      ...THREE,
      "member remove n3",
      "run for=300ms",
      "member add n4",
      "start n4",
      "run for=1s",
    ),
  );
});

Deno.test("an added learner leaves nobody stuck, an added voter that starts at once neither", () => {
  const one = ["cluster members=1 seed=3", "run until=converged"];

  assert(!meets("added-and-stuck", ...one, "member add n2 learner", "run for=3s"));
  assert(!meets("added-and-stuck", ...one, "member add n2", "start n2", "run for=3s"));
  assert(meets("added-and-stuck", ...one, "member add n2", "run for=3s"));
});

Deno.test("a key that a client deletes has not expired", () => {
  const service = ["lease grant 5 ttl=2s", "put /s/1 up lease=5", "watch w /s/ prefix"];

  assert(!meets("expired /s/", ...THREE, ...service, "del /s/1", "run for=1s"));
  assert(!meets("expired /s/", ...THREE, ...service, "lease revoke 5", "run for=1s"));
  assert(meets("expired /s/", ...THREE, ...service, "run for=4s"));
});

Deno.test("a watch from now on replays nothing", () => {
  const puts = ["put k 1", "put k 2", "put k 3", "run for=100ms"];

  assert(!meets("replayed 3", ...THREE, "watch w k", ...puts));
  assert(meets("replayed 3", ...THREE, ...puts, "watch w k from=2", "run for=100ms"));
});

Deno.test("a majority that is down is no majority alive", () => {
  assert(
    !meets(
      "down-with-majority 10",
      ...FIVE,
      "crash n1",
      "crash n2",
      "crash n3",
      "put x 1 at=n4",
      "run for=4s",
    ),
  );
  assert(
    !meets("down-with-majority 10", ...FIVE, "partition n1,n2 | n3,n4,n5", "put x 1 at=n1", "run for=4s"),
  );
});

Deno.test("a clean cut that leaves the leader alone is over too soon for the long outage", () => {
  assert(!meets("outage-by-one-cut 450", ...FIVE, "partition n1 | n2,n3,n4,n5", "run for=4s"));
  // Two walls would be no art.
  assert(
    !meets(
      "outage-by-one-cut 450",
      ...FIVE,
      "partition n1,n2 | n3,n4 | n5",
      "run for=4s",
      "heal",
      "run for=2s",
    ),
  );
});

Deno.test("no crash, cut or restart makes a committed entry go", () => {
  assert(
    !meets(
      "committed-gone",
      ...FIVE,
      "put x 1",
      "crash n1",
      "crash n2",
      "run until=new-leader",
      "restart n1",
      "partition n1,n2,n3 | n4,n5",
      "put x 2 at=n1",
      "run for=2s",
      "heal",
      "run for=2s",
    ),
  );
});

Deno.test("words that no condition takes are refused with its usage", () => {
  assert.equal(troubleWith(["wal", "2|2"]), 'there is no condition "wal"; did you mean wall?');
  assert.equal(troubleWith(["wall", "two"]), "usage: wall <count>|<count>");
  assert.match(troubleWith(["years", "3"])!, /^usage: years <size> <hours> <percent>/);
  assert.match(troubleWith(["healed", "now"])!, /^usage: healed/);
  assert(conditionUsages().every((usage) => usage.length > 3));
});
