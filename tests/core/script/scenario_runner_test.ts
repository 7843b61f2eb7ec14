import assert from "node:assert/strict";
import {
  differenceText,
  parseCommand,
  playScenario,
  replayedText,
  ScenarioError,
  ScenarioRunner,
} from "../../../core/script/mod.ts";

function play(...commands: readonly string[]): { runner: ScenarioRunner; said: readonly string[] } {
  const runner = new ScenarioRunner();
  return { runner, said: commands.map((command, place) => runner.run(parseCommand(command, place + 1))) };
}

Deno.test("every mistake is told with its line, what was expected, and the nearest known word", () => {
  const cases: readonly (readonly [command: string, message: RegExp])[] = [
    ["crsh n1", /^scenario:7: there is no command "crsh"; did you mean crash\?$/],
    ["crash n7", /there are n1, n2, n3, leader, follower\)/],
    ["crash", /expected a member \(usage: crash <member>\)/],
    ["crash n1 n2", /"n2" is not understood/],
    ["run untl=leader", /"untl=leader" is not understood; did you mean until=\?/],
    ["run until=leeder", /did you mean leader\?/],
    ["run until=event=rolle", /there is no event "rolle"; did you mean role\?/],
    ["run for=2", /expected for= as a duration like 180ms, 2s or 3m, not "2"/],
    ["run", /expected for= or until=/],
    ["pin n1 deadline=1ms", /expected deadline= of at least 30ms/],
    ["cut n1 n1", /a link needs two members/],
    ["link n1 n2", /expected delay=, loss= or duplicate=/],
    ["link n1 n2 loss=110%", /expected loss= as a share like 10%, not "110%"/],
    ["link n1 n2 delay=9ms..3ms", /a span like 10ms..14ms/],
    ["partition n1,n2 |", /expected groups like n1,n2 \| n3/],
    ["put x", /expected a value/],
    ["get x serialisable", /"serialisable" is not understood; did you mean serializable\?/],
    ["txn x=1 put x 2", /expected "then"/],
    ["txn mod(x)=a then put x 2", /expected what mod\(…\) is compared with as a whole number/],
    ["txn x=1 then move x", /expected put, get or del, not "move"/],
    ["answer 9", /there is no request 9/],
    ["start n4", /nobody called infra4 was added/],
    ["member add boat", /expected a name from n1 to n9/],
    ["expect role n1 folower", /did you mean follower\?/],
    ["expect value x=1", /expected at=<member>/],
    ["events language=de", /expected language= \(en, zh\), not "de"/],
    ["cluster members=12", /expected 1 to 9 members/],
    ["cluster profile=teachng", /did you mean teaching\?/],
  ];
  const { runner } = play("cluster members=3", "run until=converged");
  for (const [command, message] of cases) {
    const isTold = (error: unknown) =>
      error instanceof ScenarioError && error.line === 7 && message.test(error.message);
    assert.throws(() => runner.run(parseCommand(command, 7)), isTold, command);
  }
  assert.throws(() => new ScenarioRunner().run(parseCommand("members")), /there is no cluster yet/);
});

Deno.test("selectors mean members by role, and long names are names too", () => {
  const { said } = play(
    "cluster members=3 seed=3",
    "run until=converged",
    "crash infra2",
    "pause follower",
    "restart n2",
    "resume n3",
    "run until=converged",
    "crash followers[1]",
  );

  assert.deepEqual(said.slice(2, 4), ["n2 crashed", "n3 paused"]);
  assert.equal(said[7], "n3 crashed");
});

Deno.test("an expectation says ok, or what is instead", () => {
  const { runner } = play("cluster members=3 seed=3", "run until=converged", "put x 7", "run for=200ms");
  const cases: readonly (readonly [expectation: string, said: string])[] = [
    ["leader", "ok"],
    ["leader n1 term=2", "ok"],
    ["leader n2", "n1 leads term 2"],
    ["leader term=3", "n1 leads term 2"],
    ["no-leader", "n1 leads term 2"],
    ["role n2 follower", "ok"],
    ["role n2 leader", "n2 is follower"],
    ["term n3 2", "ok"],
    ["term n3 4", "n3 is in term 2"],
    ["committed x=7", "ok"],
    ["committed x=8", "n1 has x=7"],
    ["value y=1 at=n2", "n2 has no y"],
    ["absent y at=n2", "ok"],
    ["absent x at=n2", "n2 has x=7"],
    ["hashes equal", "ok"],
    ["lost-writes 0", "ok"],
    ["lost-writes 1", "0 lost"],
    ["linearizable", "ok"],
    ["event role", "ok"],
    ["event overwritten", "it happened 0 times"],
    ["event role of=n1 at-least=9", "it happened 4 times"],
  ];
  for (const [expectation, said] of cases) {
    assert.equal(runner.run(parseCommand(`expect ${expectation}`)), said, expectation);
  }
});

Deno.test("clients' verbs carry etcd's semantics and errors through the cluster", () => {
  const { said } = play(
    "cluster members=3 seed=3",
    "run until=converged",
    "put a 1",
    "put b 2 at=n2",
    "get a prefix at=n3",
    "txn a=1 version(b)=1 then put a 2; del b; get a else get b",
    "txn mod(a)>9 then put a 3 else get a",
    "get b",
    "get a revision=3",
    "compact 4",
    "get a revision=3",
    "compact 99",
    "del a",
    "del a",
    "expect linearizable",
    "expect lost-writes 0",
  );

  assert.deepEqual(said.slice(2), [
    "ok: revision 2",
    "ok: revision 3",
    "a=1 (mod 2, version 1): revision 3",
    "then put; deleted 1; a=2: revision 4",
    "else a=2: revision 4",
    "nothing: revision 4",
    "a=1 (mod 2, version 1): revision 4",
    "compacted: revision 4",
    "error: etcdserver: mvcc: required revision has been compacted",
    "error: etcdserver: mvcc: required revision is a future revision",
    "deleted 1: revision 5",
    "deleted 0: revision 5",
    "ok",
    "ok",
  ]);
});

Deno.test("verbs that change nothing say why", () => {
  const { said } = play(
    "cluster members=3 seed=3",
    "run until=converged",
    "restart n1",
    "resume n1",
    "wipe n1",
    "mend n1 n2",
    "cut n1 n2",
    "cut n1 n2",
    "mend",
    "mend",
    "links",
  );

  assert.deepEqual(said.slice(2), [
    "nothing done: n1 is running",
    "nothing done: n1 is running",
    "nothing done: n1 is running",
    "nothing done: that direction is not cut",
    "ok",
    "nothing done: that direction is cut already",
    "ok",
    "ok",
    "all open",
  ]);
});

Deno.test("a scenario played twice comes out alike, and a difference shows its lines", () => {
  const text =
    "# A story.\n\ncluster members=3 seed=9 loss=5% drift=2%\n----\n\nrun for=5s\n----\n\nevents kind=all\n----\n" +
    "\nput x 1\n----\nok: revision 7\n";

  const first = replayedText(text);
  const { steps } = playScenario(first, "a.txt");

  assert.equal(replayedText(text), first);
  assert.equal(differenceText(steps, "a.txt"), "");
  assert.equal(
    differenceText(playScenario(text, "a.txt").steps, "a.txt").split("\n\n").at(-1),
    "a.txt:12: put x 1\n- ok: revision 7\n+ ok: revision 2",
  );
  assert.throws(
    () => playScenario("fly\n----\n", "a.txt"),
    /^ScenarioError: a.txt:1: there is no command "fly"/,
  );
});
