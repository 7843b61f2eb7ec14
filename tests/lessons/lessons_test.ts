// Every lesson holds what it promises, headless: complete in both languages, conditions false before its solution and true
// after it, the solution's commands coming out as written. `deno task lessons` says the same with places.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  answerKeys,
  differenceText,
  LANGUAGES,
  LessonRun,
  parseScenario,
  plainText,
  playLesson,
  RecordedRun,
  ScenarioRunner,
} from "../../core/script/mod.ts";
import { LESSONS_FOLDER, readCourse } from "../../lessons/course.ts";
import { courseModule } from "../../lessons/vite_plugin.ts";

const course = readCourse();

Deno.test("no lesson has a mistake in its files", () => {
  assert.deepEqual(course.problems, []);
});

Deno.test("there are fourteen lessons in their order, and three challenges", () => {
  const numbers = course.lessons.flatMap(({ number }) => number === null ? [] : [number]);

  assert.deepEqual(numbers, Array.from({ length: 14 }, (_, i) => i + 1));
  assert.equal(course.lessons.filter(({ part }) => part === "challenges").length, 3);
});

for (const lesson of course.lessons) {
  Deno.test(`${lesson.slug}: its solution makes every condition true that was false before`, () => {
    const steps = playLesson(lesson);

    for (const step of steps) {
      assert.deepEqual(step.metBefore, [], `${step.id}: true before anything is done`);
      assert.deepEqual(step.unmet, [], `${step.id}: not made true by the solution`);
      assert.deepEqual(step.impossibleMet, [], `${step.id}: came true although nothing should make it`);
      const difference = differenceText([...step.setUp, ...step.solution], `${lesson.slug} ${step.id}`);
      assert(difference === "", `\n${difference}\n\nread the difference; then: deno task lessons --rewrite`);
    }
  });

  Deno.test(`${lesson.slug}: on a replayable run, as the page plays it, the solution does the same`, () => {
    for (const step of playLesson(lesson, RecordedRun.carry)) {
      assert.deepEqual(step.metBefore, [], `${step.id}: true before anything is done`);
      assert.deepEqual(step.unmet, [], `${step.id}: not made true by the solution`);
      assert.deepEqual(step.impossibleMet, [], `${step.id}: came true although nothing should make it`);
    }
  });

  Deno.test(`${lesson.slug}: the set-up alone, however long it runs, makes no condition true`, () => {
    const run = new LessonRun(lesson);
    const runner = new ScenarioRunner({ onMoment: (moment) => run.see(moment) });
    for (const [place, step] of lesson.steps.entries()) {
      if (step.setUp === "") continue;
      run.goTo(place);
      for (const { command } of parseScenario(step.setUp)) runner.run(command);
      for (const { id, right } of step.predictions) run.commit(id, right);
      for (const { command } of parseScenario("run for=5s\n----\n")) if (runner.stage) runner.run(command);

      assert.deepEqual(run.checklist().filter(({ met }) => met), [], step.id);
    }
  });

  Deno.test(`${lesson.slug}: every wrong answer is answered for itself, in both languages`, () => {
    for (const step of lesson.steps) {
      for (const prediction of step.predictions) {
        for (const language of LANGUAGES) {
          const { answers } = step.texts[language].predictions[prediction.id]!;
          const texts = answerKeys(prediction).map((key) => plainText(answers[key]!));

          assert.equal(new Set(texts).size, texts.length, `${step.id} ${prediction.id}: two answers are one`);
        }
      }
    }
  });
}

Deno.test("what cannot be checked yet is said, and is no more than this", () => {
  const pending = course.lessons.flatMap(({ slug, needs }) => needs.map((need) => `${slug}: ${need}`));

  assert.deepEqual(pending, [
    "09-crash: page-reload",
    "13-proxy: proxy",
    "real-thing: real-cluster",
  ]);
});

Deno.test("the two languages are about equally long", () => {
  for (const lesson of course.lessons) {
    const lengths = LANGUAGES.map((language) =>
      JSON.stringify(lesson.steps.map(({ texts }) => texts[language])).length
    );
    const [english, chinese] = lengths;
    assert(chinese! > english! / 3.5 && chinese! < english!, `${lesson.slug}: ${english} and ${chinese}`);
  }
});

Deno.test("every word, flag and command of the tutorials is met in both languages", () => {
  const words = [
    ..."Raft node member cluster peer client WAL snapshot proxy leader follower candidate term index".split(
      " ",
    ),
    ..."--name --data-dir --listen-peer-urls --initial-advertise-peer-urls --listen-client-urls".split(" "),
    ..."--advertise-client-urls --initial-cluster --initial-cluster-token --initial-cluster-state".split(" "),
    ..."--heartbeat-interval --election-timeout --keys-only --peer-urls --version goreman Procfile docker"
      .split(" "),
    ...[
      "goreman check",
      "goreman run stop",
      "goreman run start",
      "brew install",
      "yum install",
      "./build",
      "systemd",
    ],
    ..."--snapshot-count --discovery --discovery-srv ETCD_DISCOVERY ETCD_INITIAL_CLUSTER".split(" "),
    ...[
      "member list",
      "member add",
      "member remove",
      "grpc-proxy start",
      "--endpoints",
      "--prefix",
      "_config/size",
    ],
    ...[
      "discovery.etcd.io/new?size=3",
      "--listen-addr",
      "existing",
      "unstarted",
      "heartbeat",
      "election timeout",
    ],
  ];
  for (const language of LANGUAGES) {
    const text = course.lessons.map(({ slug }) =>
      readFileSync(`${LESSONS_FOLDER}${slug}/${language}.md`, "utf8")
    )
      .join("\n") + readFileSync(`${LESSONS_FOLDER}glossary.md`, "utf8");
    const missing = words.filter((word) => !text.toLowerCase().includes(word.toLowerCase()));

    assert.deepEqual(missing, [], language);
  }
});

Deno.test("the tolerance table of the tutorials stands in lesson 4", () => {
  for (const language of LANGUAGES) {
    const step = course.lessons[3]!.steps[0]!;
    const table = step.texts[language].after.find((block) => block.kind === "table")!;
    assert(table.kind === "table");
    const may = Object.fromEntries(
      table.rows.slice(1).map(([size, , fails]) => [plainText(size!), plainText(fails!)]),
    );

    assert.deepEqual([1, 3, 4, 5, 6, 7, 8, 9].map((size) => may[size]), [
      "0",
      "1",
      "1",
      "2",
      "2",
      "3",
      "3",
      "4",
    ]);
  }
});

Deno.test("the page's module holds the same course", async () => {
  const module: { course: unknown } = await import(
    `data:text/javascript,${encodeURIComponent(courseModule())}`
  );

  assert.deepEqual(
    module.course,
    JSON.parse(JSON.stringify({ glossary: course.glossary, lessons: course.lessons })),
  );
});
