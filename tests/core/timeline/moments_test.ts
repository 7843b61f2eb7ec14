// The famous moments: each is what its sentence says, goes on as staged, and travels as a run.

import assert from "node:assert/strict";
import type { MemberView } from "../../../core/member/view.ts";
import { type Moment, MOMENTS, stagedRun, StagingError } from "../../../core/timeline/moments/mod.ts";
import { SimRun, type StoryEvent } from "../../../core/timeline/run.ts";
import { fileOf, openRun, readRunText, runFileToText } from "../../../core/timeline/run_file.ts";

const RUNS = new Map(MOMENTS.map((moment) => [moment.slug, stagedRun(moment)]));

function at(slug: string): SimRun {
  const run = RUNS.get(slug);
  assert.ok(run, `${slug} is no moment`);
  return run;
}

function view(run: SimRun, number: number): MemberView {
  const seen = run.sim.view(run.sim.idOf(`infra${number}`));
  assert.ok(seen, `infra${number} does not run`);
  return seen;
}

const roles = (run: SimRun) => numbers(run).map((number) => roleOf(run, number));
const numbers = (run: SimRun) => Array.from({ length: run.plan.size }, (_, index) => index + 1);
const roleOf = (run: SimRun, number: number) =>
  run.sim.view(run.sim.idOf(`infra${number}`))?.role ??
    run.sim.member(run.sim.idOf(`infra${number}`)).state;

/** The story of the whole run again, up to where it stands: `at` tells only what it replayed. */
function storyOf(run: SimRun): readonly StoryEvent[] {
  const again = new SimRun({ plan: run.plan, actions: run.actions });
  again.advanceTo(run.nowMs);
  assert.equal(again.hash, run.hash);
  return again.story;
}

const eventsOf = (run: SimRun, number: number) =>
  storyOf(run).filter(({ member }) => member === run.sim.idOf(`infra${number}`)).map(({ event }) => event);

Deno.test("every moment has a name of its own, breaks no rule, and opens again from its file where it stood", () => {
  assert.ok(MOMENTS.length >= 10);
  assert.equal(new Set(MOMENTS.map(({ slug }) => slug)).size, MOMENTS.length);
  for (const { slug } of MOMENTS) {
    assert.match(slug, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    const run = at(slug);
    assert.equal(run.violation, null, slug);

    const reading = readRunText(runFileToText(fileOf(run)));
    assert.ok(reading.kind === "run", slug);
    const opening = openRun(reading.file);
    assert.ok(opening.kind === "open" && opening.agrees, slug);

    // What was staged behind the moment still comes, and breaks nothing.
    const ahead = run.copy();
    ahead.advanceTo((ahead.actions.at(-1)?.atMs ?? ahead.nowMs) + 1_000);
    assert.equal(ahead.aheadCount, 0, slug);
    assert.equal(ahead.violation, null, slug);
  }
});

Deno.test("a story that the core plays otherwise says what it waited for", () => {
  const impossible: Moment = {
    ...MOMENTS[0]!,
    stage: (director) => {
      director.settle(1);
      director.until("two leaders of one term", () => director.leads(1) && director.leads(2));
    },
  };
  assert.throws(
    () => stagedRun(impossible),
    (error) => error instanceof StagingError && error.message.includes("two leaders of one term"),
  );
});

Deno.test("split vote: two candidates of one term with two votes each, and nobody leads", () => {
  const run = at("split-vote");
  for (const number of [2, 4]) {
    const { role, votes } = view(run, number);
    assert.equal(role, "candidate");
    assert.equal(votes.filter(({ granted }) => granted).length, 2);
  }
  assert.equal(view(run, 2).term, view(run, 4).term);
  assert.equal(run.sim.leader(), null);
});

Deno.test("stale leader: two lead, of different terms, and only the newer one commits", () => {
  const run = at("stale-leader");
  assert.deepEqual(roles(run), ["leader", "follower", "leader", "follower", "follower"]);
  assert.ok(view(run, 3).term > view(run, 1).term);
  assert.ok(view(run, 1).commit < view(run, 1).lastIndex);
  assert.equal(view(run, 3).commit, view(run, 3).lastIndex);
});

Deno.test("clean cut of four: no half leads", () => {
  const run = at("clean-cut-of-four");
  assert.equal(run.sim.leader(), null);
  assert.ok(view(run, 1).lastIndex > view(run, 1).commit, "what was written before is not committed");
});

Deno.test("chained partition: the middle leads on, both ends ask in vain", () => {
  const run = at("chained-partition");
  assert.deepEqual(roles(run), ["preCandidate", "follower", "leader", "follower", "preCandidate"]);
  assert.deepEqual(numbers(run).map((number) => view(run, number).revision), [1, 2, 2, 2, 1]);
});

Deno.test("pre-vote saves a term, and without it a term is lost", () => {
  const saved = at("pre-vote-saves-a-term");
  assert.deepEqual(roles(saved), ["leader", "follower", "preCandidate"]);
  assert.equal(view(saved, 3).term, view(saved, 1).term);

  const lost = at("without-pre-vote");
  assert.equal(roleOf(lost, 1), "follower");
  assert.ok(view(lost, 1).term >= 6, "it fell to a term that nobody led");
  assert.equal(lost.sim.leader(), null);
});

Deno.test("leadership is handed over before the timer of anyone runs out", () => {
  const run = at("leadership-handed-over");
  assert.deepEqual(roles(run).slice(0, 2), ["leader", "candidate"]);
  assert.equal(view(run, 2).term, view(run, 1).term + 1);
});

Deno.test("an entry given up: it was on the leader's own disk, and nobody ever took it for committed", () => {
  const run = at("an-entry-given-up");
  const events = eventsOf(run, 1);
  const lost = events.findLast(({ kind }) => kind === "overwritten");
  assert.ok(lost?.kind === "overwritten");
  const before = events.slice(0, events.indexOf(lost));
  assert.ok(before.some((event) => event.kind === "writeDurable" && event.lastIndex >= lost.first));
  assert.ok(!before.some((event) => event.kind === "committed" && event.index >= lost.first));
  assert.equal(view(run, 1).log.at(-1)!.label, "x=3");
});

Deno.test("figure 7 of the paper, term for term", () => {
  const run = at("figure-7");
  const figure = [
    [1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
    [1, 1, 1, 4, 4, 5, 5, 6, 6],
    [1, 1, 1, 4],
    [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    [1, 1, 1, 4, 4, 4, 4],
    [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
  ];
  // The cluster's own first entries come before the figure's, and its terms are counted from them.
  const base = view(run, 1).lastIndex - 10;
  const logs = numbers(run).map((number) =>
    view(run, number).log.filter(({ index }) => index > base).map(({ term }) => term - 1)
  );
  assert.deepEqual(logs, figure);
  assert.equal(roleOf(run, 1), "candidate");
  assert.equal(view(run, 1).term - 1, 8);
});

Deno.test("figure 8: an entry that three of five had goes, for it was never committed", () => {
  const run = at("figure-8");
  const story = storyOf(run);
  const lost = story.findLast(({ event }) => event.kind === "overwritten")!.event;
  assert.ok(lost.kind === "overwritten");
  // S1, S2 and S3 had said that it is on their disks, in the term in which it was written.
  const held = new Set(
    story.flatMap(({ member, event }) =>
      event.kind === "writeDurable" && event.lastIndex === lost.first ? [member] : []
    ),
  );
  assert.ok(held.size >= 3);
  for (const number of [1, 2, 3]) assert.ok(held.has(run.sim.idOf(`infra${number}`)), `infra${number}`);
  const committed = story.filter(({ event }) => event.kind === "committed" && event.index >= lost.first);
  assert.deepEqual(committed, []);
  assert.equal(roleOf(run, 5), "leader");
});

Deno.test("stale read: a serializable read answers with what the cut-off member has, a linearizable one waits", () => {
  const run = at("stale-read");
  assert.ok(view(run, 3).revision < view(run, 1).revision);
  const answer = eventsOf(run, 3).findLast(({ kind }) => kind === "responded");
  assert.ok(answer?.kind === "responded" && answer.outcome === "ok");
  const ahead = run.copy();
  ahead.advanceTo(run.nowMs + 300);
  const later = ahead.story.filter(({ member, event, number }) =>
    number > run.eventNumber && member === run.sim.idOf("infra3") && event.kind === "responded"
  );
  assert.deepEqual(later, [], "nobody answers the linearizable read while the network is cut");
});

Deno.test("snapshot catch-up: the entries it lacks are gone, and it gets the state instead", () => {
  const run = at("snapshot-catch-up");
  assert.ok(view(run, 3).lastIndex + 1 < view(run, 1).firstIndex);
  const ahead = run.copy();
  ahead.advanceTo(run.nowMs + 600);
  assert.ok(view(ahead, 3).snapshotIndex >= view(run, 1).firstIndex - 1);
  assert.equal(view(ahead, 3).kvHash, view(ahead, 1).kvHash);
});

Deno.test("torn write: the tail is cut off and the member comes back", () => {
  const run = at("torn-write");
  assert.ok(view(run, 3).recovered.tornBytes > 0);
});

Deno.test("disk rot: the member refuses to serve what it cannot trust, and the others go on", () => {
  const run = at("disk-rot");
  const { state, why } = run.sim.member(run.sim.idOf("infra3"));
  assert.equal(state, "refused");
  assert.ok(why && why.length > 20, `${why}`);
  const ahead = run.copy();
  ahead.advanceTo(run.nowMs + 200);
  assert.equal(view(ahead, 2).revision, view(run, 2).revision + 1);
});

Deno.test("removed leader: it leads on until its own removal is committed, without a vote in the count", () => {
  const run = at("removed-leader");
  assert.equal(roleOf(run, 1), "leader");
  assert.ok(!view(run, 1).config.voters.includes(run.sim.idOf("infra1")));
  const ahead = run.copy();
  ahead.advanceTo(run.nowMs + 1_500);
  assert.equal(ahead.sim.member(run.sim.idOf("infra1")).state, "removed");
  assert.equal(roleOf(ahead, 2), "leader");
});

Deno.test("half a switch: a leader that is heard and hears nobody lets go", () => {
  const run = at("half-switch");
  assert.equal(roleOf(run, 1), "follower");
  assert.ok(eventsOf(run, 1).some((event) => event.kind === "refused" && event.what === "lead"));
});
