import assert from "node:assert/strict";
import { parseCommand, parseScenario, rewriteScenario } from "../../../core/script/parse.ts";
import { nearest, ScenarioError } from "../../../core/script/scenario_error.ts";

const TEXT = `# A story
# of two lines.

cluster members=3
----
3 members

# Commentary of a step.
put x "two words"
----
ok
second line

get x
----
`;

Deno.test("a scenario is read as steps with their lines, and commentary is left alone", () => {
  const steps = parseScenario(TEXT);

  assert.deepEqual(steps.map(({ command }) => [command.line, command.name, command.words]), [
    [4, "cluster", ["members=3"]],
    [9, "put", ["x", "two words"]],
    [14, "get", ["x"]],
  ]);
  assert.deepEqual(steps.map(({ expected }) => expected), ["3 members", "ok\nsecond line", ""]);
});

Deno.test("rewriting replaces expectations, however long, and nothing else", () => {
  const rewritten = rewriteScenario(TEXT, ["one\ntwo", "", "x=1"]);

  assert.equal(
    rewritten,
    TEXT.replace("3 members", "one\ntwo").replace("ok\nsecond line\n", "").replace(
      /(get x\n----\n)$/,
      "$1x=1\n",
    ),
  );
  assert.equal(
    rewriteScenario(rewritten, ["one\ntwo", "", "x=1"]),
    rewritten,
    "a second time changes nothing",
  );
});

Deno.test("a malformed file is told with file and line", () => {
  const cases: readonly (readonly [text: string, message: string])[] = [
    ["# a\n\nrun for=1s\nok\n", 'a.txt:4: expected ---- after the command "run for=1s"'],
    ["----\n", "a.txt:1: ---- without a command above it"],
    ['put x "open\n----\n', 'a.txt:1: a quote stays open in "put x "open"'],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseScenario(text, "a.txt"), (error) => {
      assert(error instanceof ScenarioError);
      assert.equal(error.message, message);
      return true;
    });
  }
});

Deno.test("words keep their quotes' content, and an empty value can be written", () => {
  assert.deepEqual(parseCommand('put "a key" ""').words, ["a key", ""]);
  assert.deepEqual(parseCommand("  expect   committed x=7 ").words, ["committed", "x=7"]);
});

Deno.test("a mistyped word finds the known one next to it, and a strange one finds none", () => {
  const known = ["partition", "pause", "restart"];
  assert.equal(nearest("partiton", known), "partition");
  assert.equal(nearest("restrat", known), "restart");
  assert.equal(nearest("x", known), null);
});
