// The lesson machine by itself: what can be said, what is answered, and in which order a lesson goes on.

import assert from "node:assert/strict";
import {
  judge,
  type Lesson,
  LessonRun,
  parseScenario,
  type Prediction,
  readGlossary,
  readLesson,
  ScenarioRunner,
} from "../../../core/script/mod.ts";

const GLOSSARY = readGlossary(`## leader
- en: leader
- zh: 领导者
- en means: Leads.
- zh means: 带头。
`).glossary;

const FILES = {
  "lesson.txt": `part: agreement
minutes: 5

step one
predict who choice A B = B by up
done up: new-leader-after-crash

step two
done down: role candidate
`,
  "en.md": `---
title: a test
question: Who leads?
---

## one: The first

The leader is about to go.

### ask who
Who is next?
- A: Nobody
- B: Somebody

### do
- up: Crash it

### hint
Press X.

### answer who
- A: Somebody is.
- B: Yes.

### after
So it goes.

## two: The second

### do
- down: See a candidate

### hint
Wait.

### after
Done.
`,
  "zh.md": `---
title: 测试
question: 谁带头？
---

## one: 第一步

领导者要走了。领导者走了以后呢？

### ask who
下一个是谁？
- A: 没有
- B: 有

### do
- up: 让它崩溃

### hint
按 X。

### answer who
- A: 有的。
- B: 对。

### after
就是这样。

## two: 第二步

### do
- down: 看到一个要票的

### hint
等一等。

### after
完。
`,
  "scenario.txt": "# step one\ncluster members=3 seed=3\n----\n\nrun until=leader\n----\n",
  "solution.txt":
    "# step one\ncrash leader\n----\n\nrun until=new-leader\n----\n\n# step two\nrestart n1\n----\n\ncrash leader\n----\n\nrun until=new-leader\n----\n",
};

function lesson(): Lesson {
  const { lesson, problems } = readLesson("01-test", FILES, GLOSSARY);
  assert.deepEqual(problems, []);
  return lesson!;
}

function play(runner: ScenarioRunner, text: string): void {
  for (const { command } of parseScenario(text)) runner.run(command);
}

function problemsOf(changes: Partial<typeof FILES>): string[] {
  return readLesson("01-test", { ...FILES, ...changes }, GLOSSARY).problems.map(
    ({ file, line, says }) => `${file}:${line}: ${says}`,
  );
}

Deno.test("a lesson goes from question to prediction to experiment to verdict, and on", () => {
  const one = lesson();
  const run = new LessonRun(one);
  const runner = new ScenarioRunner({ onMoment: (moment) => run.see(moment) });

  assert.equal(run.phase, "asking");
  play(runner, one.steps[0]!.setUp);
  assert(!run.commit("who", ["C"]), "there is no C");
  assert(run.commit("who", ["A"]));
  assert(!run.commit("who", ["B"]), "a prediction is made once");
  assert.equal(run.phase, "running");
  assert(!run.next(), "nothing is decided yet");
  play(runner, one.steps[0]!.solution);

  assert.equal(run.phase, "revealed");
  const [reveal] = run.reveals();
  assert.deepEqual({ said: reveal!.said, right: reveal!.right, judgement: reveal!.judgement }, {
    said: ["A"],
    right: ["B"],
    judgement: { right: false, answers: ["A"] },
  });
  assert.equal(reveal!.decidedAt, run.checklist()[0]!.decidedAt);
  assert(reveal!.decidedAt! > 0);
  assert(run.next());
  assert.equal(run.phase, "running", "the second step asks nothing");
  play(runner, one.steps[1]!.solution);
  assert(run.next());
  assert.equal(run.phase, "done");
});

Deno.test("what happens before the prediction proves nothing", () => {
  const one = lesson();
  const run = new LessonRun(one);
  const runner = new ScenarioRunner({ onMoment: (moment) => run.see(moment) });
  play(runner, one.steps[0]!.setUp + "\n" + one.steps[0]!.solution);

  run.commit("who", ["B"]);

  assert.deepEqual(run.checklist().map(({ met }) => met), [false]);
});

Deno.test("progress comes back as it was kept, and what no longer fits is forgotten", () => {
  const one = lesson();
  const run = new LessonRun(one);
  const runner = new ScenarioRunner({ onMoment: (moment) => run.see(moment) });
  play(runner, one.steps[0]!.setUp);
  run.commit("who", ["B"]);
  play(runner, one.steps[0]!.solution);
  const kept = structuredClone(run.progress());

  assert.deepEqual(new LessonRun(one, kept).reveals(), run.reveals());
  assert.equal(new LessonRun(one, { ...kept, step: 9 }).phase, "asking");
  assert.equal(new LessonRun(one, { ...kept, slug: "other" }).phase, "asking");
  assert.equal(new LessonRun(one, { ...kept, said: { who: ["Z"] } }).phase, "asking");
});

Deno.test("reset forgets what was seen and keeps what was said", () => {
  const one = lesson();
  const run = new LessonRun(one);
  const runner = new ScenarioRunner({ onMoment: (moment) => run.see(moment) });
  play(runner, one.steps[0]!.setUp);
  run.commit("who", ["B"]);
  play(runner, one.steps[0]!.solution);

  run.reset();

  assert.equal(run.phase, "running");
  assert.deepEqual(run.checklist().map(({ met }) => met), [false]);
});

Deno.test("who concedes sees the verdict, with nothing decided; not before a prediction", () => {
  const run = new LessonRun(lesson());
  run.concede();
  assert.equal(run.phase, "asking");
  run.commit("who", ["A"]);

  run.concede();

  assert.equal(run.phase, "revealed");
  assert.equal(run.reveals()[0]!.decidedAt, null);
});

Deno.test("every kind of prediction answers its own mistakes", () => {
  const of = (kind: Prediction["kind"], options: string[], right: (string | number)[]): Prediction => ({
    id: "p",
    kind,
    options,
    right,
    decidedBy: null,
  });
  const ticks = of("ticks", ["a", "b", "c"], ["a", "b"]);
  const order = of("order", ["a", "b", "c"], ["b", "a", "c"]);
  const number = of("number", [], [2]);
  const points = of("points", [], [0, 0, 1]);

  assert.deepEqual(judge(ticks, ["b", "a"], []), { right: true, answers: ["right"] });
  assert.deepEqual(judge(ticks, ["b", "c"], []), { right: false, answers: ["a", "c"] });
  assert.deepEqual(judge(order, ["b", "c", "a"], []), { right: false, answers: ["c"] });
  assert.deepEqual(judge(number, [3], ["3"]).answers, ["3"]);
  assert.deepEqual(judge(number, [4], ["3"]).answers, ["above"]);
  assert.deepEqual(judge(number, [1], []).answers, ["below"]);
  assert.deepEqual(judge(points, [0, 1, 1], []).answers, ["too-high"]);
  assert.deepEqual(judge(points, [0, 1, 0], []).answers, ["mixed"]);
});

Deno.test("in Chinese a term's first use carries the English, and later ones do not", () => {
  const [paragraph] = lesson().steps[0]!.texts.zh.before;

  assert.deepEqual(paragraph, {
    kind: "paragraph",
    text: [{ kind: "term", term: "leader", text: "领导者" }, "（leader）要走了。领导者走了以后呢？"],
  });
});

Deno.test("a strong term is that term once, and strong again afterwards", () => {
  const zh = FILES["zh.md"].replace(
    "领导者要走了。领导者走了以后呢？",
    "**领导者**要走了。**领导者**呢？**没有领导者**。",
  );

  const { lesson } = readLesson("01-test", { ...FILES, "zh.md": zh }, GLOSSARY);

  assert.deepEqual(lesson!.steps[0]!.texts.zh.before, [{
    kind: "paragraph",
    text: [
      { kind: "term", term: "leader", text: "领导者" },
      "（leader）",
      "要走了。",
      { kind: "strong", text: "领导者" },
      "呢？",
      { kind: "strong", text: "没有领导者" },
      "。",
    ],
  }]);
});

Deno.test("each mistake in a lesson is named by file and line", () => {
  const en = FILES["en.md"];
  const long = Array.from({ length: 150 }, () => "word").join(" ");
  const cases: readonly (readonly [Partial<typeof FILES>, RegExp])[] = [
    [
      { "lesson.txt": FILES["lesson.txt"].replace("role candidate", "rol candidate") },
      /^lesson\.txt:9: there is no condition "rol"; did you mean role\?$/,
    ],
    [
      { "lesson.txt": FILES["lesson.txt"].replace("= B by up", "= B by upp") },
      /^lesson\.txt:5: no condition .* upp$/,
    ],
    [{ "lesson.txt": FILES["lesson.txt"].replace("= B", "= C") }, /^lesson\.txt:5: "C" is no answer/],
    [
      { "lesson.txt": FILES["lesson.txt"].replace("role candidate", "pending proxy") },
      /^lesson\.txt:9: "proxy" is not among the lesson's needs:$/,
    ],
    [{ "en.md": en.replace("- A: Somebody is.\n", "") }, /^en\.md:21: no answer of who for A$/],
    [{ "en.md": en.replace("### hint\nPress X.\n", "") }, /^en\.md:6: step one has no ### hint$/],
    [{ "en.md": en.replace("Press X.", "Ask the NAS.") }, /^en\.md:19: "NAS" is not in the glossary/],
    [
      { "en.md": en.replace("The leader is", `${long} is`) },
      /^en\.md:6: step one has \d+ words, 140 at most$/,
    ],
    [{ "en.md": en.replace("So it goes.", "See [here](x).") }, /^en\.md:\d+: lessons have no links/],
    [{ "en.md": en.replace("So it goes.", "So **it goes.") }, /^en\.md:\d+: a mark stays open/],
    [
      { "zh.md": FILES["zh.md"].slice(0, FILES["zh.md"].indexOf("## two")) },
      /^zh\.md:1: step two has no words in zh\.md$/,
    ],
    [
      { "solution.txt": FILES["solution.txt"].replace("# step two", "# step three") },
      /^solution\.txt:8: lesson\.txt has no step three$/,
    ],
    [
      { "solution.txt": FILES["solution.txt"].replace("crash leader\n----", "crash leader\nrun") },
      /^solution\.txt:3: expected ---- after the command "crash leader"$/,
    ],
  ];
  for (const [changes, expected] of cases) {
    const problems = problemsOf(changes);
    assert(problems.some((problem) => expected.test(problem)), `${expected}: ${problems.join("\n")}`);
  }
});

Deno.test("a file that is not there is named", () => {
  const { "zh.md": _, ...rest } = FILES;

  const { lesson, problems } = readLesson("01-test", rest, GLOSSARY);

  assert.equal(lesson, null);
  assert.deepEqual(problems, [{ file: "zh.md", line: 1, says: "01-test has no zh.md" }]);
});
