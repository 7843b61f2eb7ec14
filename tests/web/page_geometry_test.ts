// The page's geometry is arithmetic on plain numbers, so it is tested without a page.

import assert from "node:assert/strict";
import { memberIdOf } from "../../core/base/ids.ts";
import type { LogCell, MemberView } from "../../core/member/view.ts";
import { pointAt } from "../../web/geometry/angles.ts";
import {
  bundleFlights,
  crossing,
  flightPose,
  flightProgress,
  linkPath,
  stopShare,
} from "../../web/geometry/flight.ts";
import {
  backMax,
  columnHeads,
  fitLabel,
  logWindow,
  onDiskOnly,
  progressPlaces,
  rowSlots,
} from "../../web/geometry/log_window.ts";
import { markOf, shapePath } from "../../web/geometry/marks.ts";
import { ringLayout, type StageForm } from "../../web/geometry/ring_layout.ts";
import {
  contactFreshness,
  contactOpacity,
  handAngle,
  timerArc,
  timerDrawn,
  timerRemaining,
} from "../../web/geometry/rings.ts";
import { nextSpeed, speedToTravel, thinTrack, travelToSpeed } from "../../web/geometry/time_track.ts";
import { groupOutline, ringRun, wallsBetween } from "../../web/geometry/wall.ts";

const BOXES: readonly { readonly width: number; readonly height: number; readonly form: StageForm }[] = [
  { width: 1119, height: 516, form: "desktop" },
  { width: 880, height: 420, form: "desktop" },
  { width: 840, height: 340, form: "tablet" },
  { width: 1440, height: 760, form: "hero" },
  { width: 390, height: 405, form: "phone" },
  { width: 390, height: 204, form: "strip" },
];

Deno.test("one to nine members stand on their ring inside the stage and never touch", () => {
  for (const box of BOXES) {
    for (let count = 1; count <= 9; count++) {
      const layout = ringLayout(count, box);
      const about = `${count} members, ${box.form} ${box.width}x${box.height}`;

      assert.equal(layout.places.length, count, about);
      for (const place of layout.places) {
        const reach = layout.discRadius + 9 * layout.scale;
        assert.ok(place.x - reach >= 0 && place.x + reach <= box.width, `${about}: ${place.x}`);
        assert.ok(place.y - reach >= 0 && place.y + reach <= box.height, `${about}: ${place.y}`);
      }
      for (let i = 1; i < count; i++) {
        const [a, b] = [layout.places[i - 1]!, layout.places[i]!];
        assert.ok(
          Math.hypot(a.x - b.x, a.y - b.y) > 2 * layout.discRadius,
          `${about}: ${i} touches its neighbour`,
        );
      }
    }
  }
});

Deno.test("the first member stands at 12 o'clock and five on a wide stage take the drawn sizes", () => {
  const layout = ringLayout(5, { width: 1119, height: 516, form: "desktop" });

  assert.deepEqual(layout.places.map((place) => Math.round(place.angle)), [-90, -18, 54, 126, 198]);
  assert.equal(layout.discRadius, 34);
  assert.ok(layout.ringRadius > 170 && layout.ringRadius <= 178, `ring ${layout.ringRadius}`);
  assert.equal(layout.places[0]!.x, layout.centre.x);
});

Deno.test("a timer hand starts where the draw put it and strikes at 12 o'clock", () => {
  const reading = { elapsedTicks: 0, deadlineTicks: 9, electionTicks: 6 };

  assert.equal(timerRemaining(reading, 0), 0.75);
  assert.equal(timerDrawn(reading), 0.75);
  assert.equal(
    handAngle(timerRemaining(reading, 0)),
    0,
    "a quarter of the turn is gone: the hand points east",
  );
  assert.equal(timerRemaining(reading, 4.5), 0.375);
  assert.equal(handAngle(timerRemaining(reading, 9)), 270);
  assert.equal(timerArc({ x: 0, y: 0 }, 10, timerRemaining(reading, 20)), "", "nothing left, nothing drawn");
});

Deno.test("a leader's contact fades to a quarter and then shows only its place", () => {
  assert.equal(contactOpacity(contactFreshness(0, 6)), 1);
  assert.equal(contactOpacity(contactFreshness(3, 6)), 0.63);
  assert.equal(contactOpacity(contactFreshness(6, 6)), 0.12);
  assert.equal(contactOpacity(contactFreshness(null, 6)), 0.12);
});

Deno.test("messages keep to the right of their link, so that a reply never meets its request", () => {
  const [a, b] = [{ x: 0, y: 0 }, { x: 200, y: 0 }];
  const size = { discRadius: 34, scale: 1 };

  const there = flightPose(a, b, 0.5, size);
  const back = flightPose(b, a, 0.5, size);
  assert.deepEqual([there.x, there.y], [100, 7]);
  assert.deepEqual([back.x, back.y], [100, -7]);
  assert.equal(flightPose(a, b, 0, size).x, 47);
  assert.equal(flightPose(a, b, 7, size).x, 153, "past its landing it stays at the rim");
  assert.equal(flightProgress({ sentAtMs: 100, deliverAtMs: 112 }, 103), 0.25);
  assert.equal(linkPath(a, { x: 80, y: 0 }, size), "", "discs that all but touch show no link");
});

Deno.test("a wall stands between two halves of the ring and stops messages short of it", () => {
  const layout = ringLayout(5, { width: 1119, height: 516, form: "desktop" });
  const walls = wallsBetween(layout, [[0, 1], [2, 3, 4]]);

  assert.equal(walls.length, 1, "the larger half needs no wall of its own");
  for (let a = 0; a < 5; a++) {
    for (let b = 0; b < 5; b++) {
      if (a === b) continue;
      const met = crossing(layout.places[a]!, layout.places[b]!, walls[0]!.points) !== null;
      assert.equal(met, (a < 2) !== (b < 2), `${a} to ${b}`);
    }
  }
  const stop = stopShare(layout.places[0]!, layout.places[3]!, walls, layout);
  const pose = flightPose(layout.places[0]!, layout.places[3]!, stop, layout);
  const beyond = crossing(layout.places[0]!, pose, walls[0]!.points);
  assert.equal(beyond, null, "it stops on its sender's side");
  assert.equal(
    stopShare(layout.places[0]!, layout.places[3]!, [], layout),
    0.5,
    "a cut link stops it half way",
  );
});

Deno.test("only neighbours can be walled off together", () => {
  const layout = ringLayout(5, { width: 1119, height: 516, form: "desktop" });

  assert.deepEqual(ringRun([4, 0], 5), { first: 4, length: 2 }, "a run passes 12 o'clock");
  assert.equal(ringRun([0, 2], 5), null);
  assert.equal(wallsBetween(layout, [[0, 2], [1, 3, 4]]).length, 0);
  assert.equal(wallsBetween(layout, [[0], [1], [2, 3, 4]]).length, 2);
  assert.equal(wallsBetween(layout, [[0, 1, 2, 3, 4]]).length, 0);
});

Deno.test("a group of one, two and many has an outline that a thick stroke turns into water", () => {
  const { places } = ringLayout(5, { width: 1119, height: 516, form: "desktop" });

  assert.equal(groupOutline([]), "");
  for (let count = 1; count <= 5; count++) {
    assert.match(groupOutline(places.slice(0, count)), /^M[\d. L-]+Z$/);
  }
});

Deno.test("more than four messages on one link in one direction become one mark with a count", () => {
  const flights = Array.from({ length: 5 }, (_, id) => ({ id, from: "a", to: "b", dropped: false }));

  assert.deepEqual(bundleFlights(flights.slice(0, 4)).map(({ count }) => count), [1, 1, 1, 1]);
  const bundles = bundleFlights([...flights, { id: 9, from: "b", to: "a", dropped: false }]);
  assert.deepEqual(bundles.map(({ lead, count }) => [lead.id, count]), [[4, 5], [9, 1]]);
});

Deno.test("a reply keeps the shape of its request and grows around its sign", () => {
  assert.deepEqual(markOf("voteReply"), { shape: "vote", reply: true });
  assert.notEqual(shapePath("vote", true, 1), shapePath("vote", false, 1));
  assert.equal(markOf("propose").shape, "client");
});

Deno.test("the log window follows the newest entry, looks back, and never passes the first", () => {
  assert.deepEqual(logWindow(19, 11, 0), { first: 10, last: 20 });
  assert.deepEqual(logWindow(19, 11, 4), { first: 6, last: 16 });
  assert.deepEqual(logWindow(3, 8, 0), { first: 1, last: 8 });
  assert.equal(backMax(1, 19, 11), 9);
  assert.deepEqual(logWindow(19, 11, backMax(1, 19, 11)), { first: 1, last: 11 });
});

Deno.test("a column counts the disks that hold its commonest entry and tells a quorum", () => {
  const held = (safety: LogCell["safety"], term = 2) => [cell(5, 1, "applied"), cell(6, term, safety)];
  const views = [
    view(1, held("disk")),
    view(2, held("committed")),
    view(3, held("memory")),
    view(4, held("disk", 3)),
    null,
  ];

  const heads = columnHeads(views, { first: 5, last: 7 }, 3);
  assert.deepEqual(heads.map(({ diskCount, quorum }) => [diskCount, quorum]), [[4, true], [2, false], [
    null,
    false,
  ]]);

  const folded = columnHeads([view(1, held("disk")), view(2, [], { snapshotIndex: 6 })], {
    first: 6,
    last: 6,
  }, 2);
  assert.deepEqual(
    folded[0],
    { index: 6, diskCount: 2, quorum: true },
    "an entry in a snapshot is on that disk",
  );
});

Deno.test("a row shows entries, what a snapshot swallowed, and empty places", () => {
  const slots = rowSlots(view(1, [cell(5, 2, "applied")], { snapshotIndex: 4 }), { first: 4, last: 6 });

  assert.deepEqual(slots.map(({ kind }) => kind), ["snapshot", "entry", "empty"]);
  assert.deepEqual(rowSlots(null, { first: 1, last: 2 }).map(({ kind }) => kind), ["empty", "empty"]);
});

Deno.test("a stopped member's row holds what its disk holds and applies nothing", () => {
  const log = [cell(1, 1, "applied"), cell(2, 1, "disk"), cell(3, 1, "memory")];

  const kept = onDiskOnly(view(1, log, { durableIndex: 2, lastIndex: 3 }));
  assert.deepEqual(kept.log.map(({ safety }) => safety), ["committed", "disk"]);
  assert.equal(kept.lastIndex, 2);
});

Deno.test("progress marks outside the window are left out", () => {
  const progress = [2, 3].map((peer) => ({
    peer: memberIdOf(peer),
    state: "replicate" as const,
    match: 3 * peer,
    next: 3 * peer + 1,
    paused: false,
    recentActive: true,
    heardTicksAgo: 0,
  }));

  assert.deepEqual(
    progressPlaces(view(1, [], { progress }), { first: 5, last: 9 }).map((
      p,
    ) => [p.matchColumn, p.nextColumn]),
    [[1, 2], [4, null]],
  );
});

Deno.test("a label that does not fit ends in an ellipsis, and wide characters count twice", () => {
  assert.equal(fitLabel("x=7", 5), "x=7");
  assert.equal(fitLabel("hello infra1", 7), "hello …");
  assert.equal(fitLabel("中文键=1", 5), "中…");
});

Deno.test("the speed slider keeps simple fractions and its stops go both ways", () => {
  assert.equal(travelToSpeed(speedToTravel(1 / 80)), 1 / 80);
  assert.equal(travelToSpeed(1000), 1);
  assert.equal(travelToSpeed(0), 1 / 1000);
  assert.equal(nextSpeed(1 / 80, 1), 1 / 40);
  assert.equal(nextSpeed(1 / 80, -1), 1 / 160);
  assert.equal(nextSpeed(1, 1), 1);
});

Deno.test("marks that would touch on the time bar give way to the weightier one", () => {
  const at = (number: number, atMs: number, mark: Parameters<typeof thinTrack>[0][number]["mark"]) => ({
    number,
    atMs,
    mark,
  });

  const thin = thinTrack(
    [at(1, 0, "preVote"), at(2, 3, "leader"), at(3, 4, "request"), at(4, 30, "request")],
    10,
  );
  assert.deepEqual(thin.map(({ number }) => number), [2, 4]);
});

Deno.test("a point on a circle is found clockwise from the east", () => {
  const { x, y } = pointAt({ x: 10, y: 10 }, 5, 90);
  assert.deepEqual([Math.round(x), Math.round(y)], [10, 15]);
});

function cell(index: number, term: number, safety: LogCell["safety"]): LogCell {
  return { index, term, kind: "normal", label: `x=${index}`, safety };
}

function view(id: number, log: readonly LogCell[], rest: Partial<MemberView> = {}): MemberView {
  const none = { snapshotIndex: 0, progress: [], durableIndex: 0, lastIndex: 0, id: memberIdOf(id) };
  return { ...none, ...rest, log } as MemberView;
}
