import assert from "node:assert/strict";
import { memberIdOf } from "../../../core/base/ids.ts";
import {
  CHINESE,
  describeEvent,
  ENGLISH,
  type EventContext,
  parseCommand,
  ScenarioRunner,
  sentenceOf,
} from "../../../core/script/mod.ts";
import type { TraceEvent } from "../../../core/member/trace.ts";

const NAMES = new Map([1, 2, 3].map((number) => [memberIdOf(number), `n${number}`]));
const context = (fields: Partial<EventContext> = {}): EventContext => ({
  member: memberIdOf(3),
  nameOf: (id) => NAMES.get(id) ?? "?",
  roleBefore: "follower",
  termBefore: 3,
  cause: "timer",
  ...fields,
});

Deno.test("events become sentences: the member, the cause, the effect, in both languages", () => {
  const one = memberIdOf(1);
  const cases: readonly (readonly [TraceEvent, Partial<EventContext>, en: string, zh: string])[] = [
    [
      { kind: "role", role: "candidate", term: 4, leader: null },
      {},
      "n3's timer ran out. It asks for votes in term 4.",
      "n3 的计时器走完了。它请求大家在任期 4 投票给自己。",
    ],
    [
      { kind: "role", role: "candidate", term: 4, leader: null },
      { cause: "transfer" },
      "The leader hands over to n3. It asks for votes in term 4.",
      "领导者把位置让给 n3。它请求大家在任期 4 投票给自己。",
    ],
    [
      { kind: "role", role: "candidate", term: 5, leader: null },
      { roleBefore: "candidate", termBefore: 4 },
      "Nobody won term 4. n3 asks for votes in term 5.",
      "任期 4 没有人当选。n3 请求大家在任期 5 投票给自己。",
    ],
    [
      { kind: "role", role: "leader", term: 4, leader: memberIdOf(3) },
      { roleBefore: "candidate" },
      "n3 leads term 4. It starts with an empty entry.",
      "n3 成为任期 4 的领导者，先写下一条空日志。",
    ],
    [
      { kind: "role", role: "follower", term: 4, leader: null },
      { roleBefore: "leader", termBefore: 3 },
      "n3 sees term 4 and steps down.",
      "n3 看到任期 4，于是退位。",
    ],
    [
      {
        kind: "voteCast",
        for: one,
        term: 4,
        pre: false,
        granted: false,
        reason: `voted for ${memberIdOf(2)}`,
      },
      {},
      "n3 says no to n1 in term 4: it voted for n2.",
      "n3 在任期 4 拒绝投票给 n1：它已投给 n2。",
    ],
    [
      {
        kind: "voteCast",
        for: one,
        term: 4,
        pre: false,
        granted: false,
        reason: "log ends at 3/9, candidate's at 2/12",
      },
      {},
      "n3 says no to n1 in term 4: its log ends at 3/9, the candidate's at 2/12.",
      "n3 在任期 4 拒绝投票给 n1：它的日志到 3/9，候选者的只到 2/12。",
    ],
    [
      { kind: "voteCounted", from: one, granted: true, granteds: 2, needed: 3 },
      { roleBefore: "candidate" },
      "n1 says yes. n3 has 2 of the 3 votes it needs.",
      "n1 同意。n3 需要 3 票，现在有 2 票。",
    ],
    [
      { kind: "overwritten", first: 18, last: 18 },
      {},
      "n3's entry 18 was never committed. The leader's entry replaces it.",
      "n3 的第 18 条从未提交，被领导者的日志覆盖。",
    ],
    [
      { kind: "recovered", entryCount: 18, snapshotIndex: 0, tornBytes: 7, term: 3 },
      {},
      "n3 is back. It read term 3 and 18 entries from disk. It cuts off a torn tail of 7 bytes.",
      "n3 回来了。任期 3 和 18 条日志都从磁盘读回。末尾没写完的 7 字节已剪掉。",
    ],
    [
      { kind: "refused", what: "vote", why: `${one} was heard from 2 ticks ago` },
      {},
      "n3 ignores a request for votes: it heard its leader n1 2 ticks ago.",
      "n3 不理会拉票：它在 2 个滴答前还听到领导者 n1。",
    ],
  ];
  for (const [event, fields, en, zh] of cases) {
    const description = describeEvent(event, context(fields));
    assert.equal(sentenceOf(description, ENGLISH), en);
    assert.equal(sentenceOf(description, CHINESE), zh);
  }
});

Deno.test("no sentence of a stormy run shows an id, a missing value, or too many words", () => {
  const runner = new ScenarioRunner();
  const commands = [
    "cluster members=5 seed=21 loss=10% duplicate=5% snapshot-count=8 catch-up=2",
    "run for=1s",
    "crash leader",
    "run for=1s",
    "put a 1",
    "member add n6 learner",
    "partition n1,n2 | n3,n4,n5",
    "run for=1s",
    "heal",
    "run for=1s",
    "member remove n2",
    "run for=2s",
  ];
  for (const command of commands) runner.run(parseCommand(command));
  const { journal, names } = runner.stage!;
  const kinds = new Set<string>();
  for (const entry of journal.events) {
    kinds.add(entry.event.kind);
    const description = journal.describe(entry, (id) => names.shown(id));
    for (const language of [ENGLISH, CHINESE]) {
      const sentence = sentenceOf(description, language);
      assert(!/[0-9a-f]{16}|undefined|null|NaN|\?/.test(sentence), sentence);
    }
    const english = sentenceOf(description, ENGLISH);
    assert(english.split(" ").length <= 20, english);
  }
  assert(kinds.size >= 15, `only ${[...kinds].join(", ")}`);
});
