import assert from "node:assert/strict";
import { Agenda, type Timers } from "../../workers/browser/agenda.ts";
import { FollowingClock, LeadingClock, LEASE_MS, SCALE_MIN } from "../../workers/browser/virtual_clock.ts";

/** Real time in a test's own hands, with the timers that hang on it. */
class HandTime implements Timers {
  realMs = 1_000_000;
  readonly #timers = new Map<number, { atMs: number; callback: () => void }>();
  #nextTimer = 1;

  readonly read = (): number => this.realMs;

  set(callback: () => void, realMs: number): number {
    this.#timers.set(this.#nextTimer, { atMs: this.realMs + realMs, callback });
    return this.#nextTimer++;
  }

  clear(timer: number): void {
    this.#timers.delete(timer);
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  /** Lets time pass, each timer at its instant. */
  pass(ms: number): void {
    const untilMs = this.realMs + ms;
    for (;;) {
      const [next] = [...this.#timers].sort(([, a], [, b]) => a.atMs - b.atMs);
      if (next === undefined || next[1].atMs > untilMs) break;
      this.#fire(next);
    }
    this.realMs = untilMs;
  }

  /** Lets time pass without any timer, as in sleep; then those that are due fire, late. */
  sleep(ms: number): void {
    this.realMs += ms;
    this.pass(0);
  }

  #fire([timer, { atMs, callback }]: [number, { atMs: number; callback: () => void }]): void {
    this.realMs = Math.max(this.realMs, atMs);
    this.#timers.delete(timer);
    callback();
  }
}

Deno.test("a change of speed bends virtual time without a jump, for the page and its workers alike", () => {
  const time = new HandTime();
  const page = new LeadingClock(1, time.read);
  const worker = new FollowingClock(page.notice(), time.read);
  time.realMs += 100;

  worker.apply(page.setScale(1 / 80)!);
  assert.deepEqual([page.now(), worker.now()], [100, 100]);
  time.realMs += 80;

  assert.deepEqual([page.now(), worker.now()], [101, 101]);
  assert.equal(page.setScale(1 / 80), null, "no change, nothing to tell");
  page.setScale(0);
  assert.equal(page.record.scale, SCALE_MIN);
});

Deno.test("a worker that hears late of a slower clock stands still instead of going back", () => {
  const time = new HandTime();
  const page = new LeadingClock(1, time.read);
  const worker = new FollowingClock(page.notice(), time.read);
  time.realMs += 100;
  const slower = page.setScale(1 / 10)!;
  time.realMs += 20;
  assert.equal(worker.now(), 120);

  worker.apply(slower);

  assert.equal(worker.now(), 120);
  time.realMs += 190;
  assert.equal(worker.now(), 121);
  assert.equal(page.now(), 121);
});

Deno.test("beyond its lease virtual time stands still, and a late page goes on from there", () => {
  const time = new HandTime();
  const page = new LeadingClock(1, time.read);
  const worker = new FollowingClock(page.notice(), time.read);

  time.realMs += 60_000;
  assert.deepEqual([page.now(), worker.now()], [LEASE_MS, LEASE_MS]);
  const { notice, late } = page.frame();
  assert.equal(late, true);
  worker.apply(notice!);
  time.realMs += 10;

  assert.deepEqual([page.now(), worker.now()], [LEASE_MS + 10, LEASE_MS + 10]);
});

Deno.test("frames in time keep the clock running, with a few notices a second", () => {
  const time = new HandTime();
  const page = new LeadingClock(1, time.read);
  const worker = new FollowingClock(page.notice(), time.read);
  let noticeCount = 0;
  for (let frame = 0; frame < 600; frame++) {
    time.realMs += 1000 / 60;
    const { notice, late } = page.frame();
    assert.equal(late, false);
    if (notice !== null) {
      worker.apply(notice);
      noticeCount += 1;
    }
  }

  assert.ok(Math.abs(worker.now() - 10_000) < 1, `${worker.now()}`);
  assert.ok(noticeCount >= 40 && noticeCount <= 60, `${noticeCount} notices in ten seconds`);
});

Deno.test("a pause by the user outlasts the tab being hidden and shown again", () => {
  const time = new HandTime();
  const page = new LeadingClock(1, time.read);
  page.pause("hidden");
  page.pause(null);

  assert.deepEqual([page.record.paused, page.record.pausedBecause], [true, null]);
  assert.equal(page.pause("hidden"), null);
  assert.equal(page.record.pausedBecause, null);
  time.realMs += 10_000;
  assert.equal(page.now(), 0);
  page.resume();
  time.realMs += 5;
  assert.equal(page.now(), 5);
});

Deno.test("a worker whose real time is off by an hour still shares the page's virtual time", () => {
  const time = new HandTime();
  const page = new LeadingClock(1, time.read);
  const worker = new FollowingClock(page.notice(), () => time.realMs + 3_600_000);
  time.realMs += 250;

  assert.equal(worker.now(), 250);
});

Deno.test("an agenda acts in the order of virtual time, at any speed, and not while the clock stands", () => {
  const time = new HandTime();
  const page = new LeadingClock(1, time.read);
  const clock = new FollowingClock(page.notice(), time.read);
  const agenda = new Agenda(clock, time);
  const tell = (notice: ReturnType<LeadingClock["setScale"]>) => {
    clock.apply(notice!);
    agenda.clockChanged();
  };
  const acted: string[] = [];
  agenda.at(30, () => acted.push("third"));
  agenda.at(10, () => acted.push("first"));
  agenda.at(10, () => acted.push("second"));

  time.pass(9);
  assert.deepEqual(acted, []);
  time.pass(1);
  assert.deepEqual(acted, ["first", "second"]);
  tell(page.setScale(1 / 10));
  time.pass(199);
  assert.equal(acted.length, 2);
  tell(page.pause(null));
  assert.equal(time.timerCount, 0, "no timer runs while the clock stands");
  time.pass(10_000);
  assert.equal(acted.length, 2);
  tell(page.resume());
  time.pass(1);
  assert.deepEqual(acted, ["first", "second", "third"]);
});

Deno.test("whoever slept gets one tick, not all it missed, and goes on at its pace", () => {
  const time = new HandTime();
  const clock = { now: () => time.realMs, realMsUntil: (ms: number) => Math.max(0, ms - time.realMs) };
  const agenda = new Agenda(clock, time);
  const startMs = time.realMs;
  const ticksAtMs: number[] = [];
  agenda.every(30, startMs + 30, () => ticksAtMs.push(time.realMs - startMs));

  time.pass(60);
  time.sleep(100_000);
  time.pass(60);

  assert.deepEqual(ticksAtMs, [30, 60, 100_060, 100_090, 100_120]);
});

Deno.test("a frozen agenda does nothing until it thaws, then what is due in its order", () => {
  const time = new HandTime();
  const clock = { now: () => time.realMs, realMsUntil: (ms: number) => Math.max(0, ms - time.realMs) };
  const agenda = new Agenda(clock, time);
  const acted: string[] = [];
  agenda.freeze();
  agenda.at(time.realMs + 20, () => acted.push("later"));
  agenda.at(time.realMs + 10, () => acted.push("sooner"));
  time.pass(1_000);
  assert.deepEqual(acted, []);

  agenda.thaw();
  time.pass(0);

  assert.deepEqual(acted, ["sooner", "later"]);
});
