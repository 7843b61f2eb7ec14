// The arithmetic of size, against figures worked out elsewhere and against brute force.

import assert from "node:assert/strict";
import { Prng } from "../../../core/base/prng.ts";
import { commitLatency, latencyPoints, quantile } from "../../../core/lab/commit_latency.ts";
import { binomial, figuresOf, quorumOf, type SizeFigures } from "../../../core/lab/formulas.ts";
import { diskSpanOf, LINK_PLANS, placesOf, refusalOfLinks, spanBetween } from "../../../core/lab/links.ts";
import { sharedFigures, standsDealt } from "../../../core/lab/shared_failures.ts";
import { countIn, failureSubsets, placesIn, twoWayCuts } from "../../../core/lab/subsets.ts";

/** The table of the lessons: n, quorum, tolerates, up at .9, up at .99, minutes down at .99, messages, cuts. */
const TABLE = `
1 1 0 90.000 99.0000   5256  0  0/0
2 2 0 81.000 98.0100   10459 2  1/1
3 2 1 97.200 99.9702   157   4  0/3
4 3 1 94.770 99.9408   311   6  3/7
5 3 2 99.144 99.9990   5.2   8  0/15
6 4 2 98.415 99.9980   10.3  10 10/31
7 4 3 99.727 99.99997  0.2   12 0/63
8 5 3 99.498 99.99993  0.4   14 35/127
9 5 4 99.911 99.999999 0     16 0/255
`;

function figures(size: number, availability: number): SizeFigures {
  const answer = figuresOf(size, availability);
  assert.equal(answer.kind, "figures");
  return answer as SizeFigures;
}

/** Rounded to as many digits as `like` shows. */
function rounded(value: number, like: string): string {
  return value.toFixed(like.split(".")[1]?.length ?? 0);
}

Deno.test("the formulas give every figure of the lessons' table", () => {
  const rows = TABLE.trim().split("\n").map((line) => line.split(/\s+/));
  assert.equal(rows.length, 9);

  for (const row of rows) {
    const at9 = figures(Number(row[0]), 0.9);
    const at99 = figures(Number(row[0]), 0.99);

    assert.deepEqual(
      [
        `${at99.size}`,
        `${at99.quorum}`,
        `${at99.toleratedFailures}`,
        rounded(100 * at9.availability, row[3]!),
        rounded(100 * at99.availability, row[4]!),
        rounded(at99.downMinutesPerYear, row[5]!),
        `${at99.messagesPerWrite}`,
        `${at99.cleanCutCount}/${at99.cutCount}`,
      ],
      row,
    );
  }
});

Deno.test("at the ends of the slider a cluster is always up or always down, and nonsense is refused by name", () => {
  for (let size = 1; size <= 9; size++) {
    assert.deepEqual([figures(size, 1).availability, figures(size, 1).downMinutesPerYear], [1, 0]);
    assert.deepEqual([figures(size, 0).availability, figures(size, 0).unavailability], [0, 1]);
  }

  const why = (size: number, availability: number) => {
    const answer = figuresOf(size, availability);
    return answer.kind === "refused" ? answer.why.key : null;
  };
  assert.equal(why(0, 0.99), "refused.noMembers");
  for (const size of [-1, 10, 2.5, NaN]) assert.equal(why(size, 0.99), "refused.size");
  for (const availability of [-0.1, 1.1, NaN]) assert.equal(why(3, availability), "refused.availability");
});

Deno.test("subsets come fewest first, then lexicographic; cuts name each parting once", () => {
  assert.deepEqual(
    failureSubsets(4).map((down) => placesIn(down, 4).map((place) => place + 1).join("")),
    ["", "1", "2", "3", "4", "12", "13", "14", "23", "24", "34", "123", "124", "134", "234", "1234"],
  );
  for (let size = 1; size <= 9; size++) {
    const sets = failureSubsets(size);
    const cuts = twoWayCuts(size);
    const full = 2 ** size - 1;
    const partings = new Set(cuts.flatMap((side) => [side, full ^ side]));
    const clean = cuts.filter((side) => {
      const count = countIn(side);
      return Math.max(count, size - count) < quorumOf(size);
    });

    assert.equal(new Set(sets).size, 2 ** size);
    assert.deepEqual(sets.map(countIn), sets.map(countIn).toSorted());
    assert.equal(sets.filter((down) => countIn(down) === 2).length, binomial(size, 2));
    assert.equal(cuts.length, figures(size, 0.9).cutCount);
    assert.equal(partings.size, 2 * cuts.length);
    assert.equal(clean.length, figures(size, 0.9).cleanCutCount);
  }
});

Deno.test("without chance, a commit takes the (q-1)-th fastest round trip, or the leader's own slow disk", () => {
  const fixed = (units: number) => ({ min: units, max: units });
  const links = {
    ...LINK_PLANS.lan,
    between: [fixed(10), fixed(20), fixed(99), fixed(30), fixed(99), fixed(99), fixed(40)],
    placeCount: 5,
    disk: fixed(5),
  };

  assert.deepEqual([spanBetween(links, 3, 0), spanBetween(links, 0, 4)], [fixed(30), fixed(40)]);
  // Round trips of 25, 45, 65 and 85: five members wait for the second.
  assert.deepEqual([1, 2, 3, 4, 5].map((size) => quantile(commitLatency(links, size), 0.5)), [
    5,
    25,
    25,
    45,
    45,
  ]);
  // Led from the third place, one follower is 20 away and the other 99.
  assert.equal(quantile(commitLatency(links, 3, [2, 0, 1]), 0.5), 45);
  const slow = { ...links, within: fixed(1), disk: fixed(50), placeCount: 1 };
  assert.equal(quantile(commitLatency(slow, 1), 0.99), 50);
  assert.equal(quantile(commitLatency(slow, 3), 0.99), 52);
  // One follower that answers at once does not make up for two that may take their time.
  const wide = { min: 0, max: 1_000 };
  const mixed = { ...links, between: [fixed(0), wide, wide, wide], disk: fixed(0) };
  assert.equal(quantile(commitLatency(mixed, 3), 0.5), 0);
  assert.ok(quantile(commitLatency(mixed, 4), 0.5) > 100);
});

Deno.test("the exact latency is met by 20,000 draws of every delay, for every kind of links", () => {
  const prng = new Prng(7);
  for (const links of Object.values(LINK_PLANS)) {
    for (const size of [1, 2, 4, 5, 9]) {
      const places = placesOf(size, links);
      const draw = ({ min, max }: { min: number; max: number }) => prng.between(min, max);
      const latencies = Array.from({ length: 20_000 }, () => {
        const acks = places.slice(1).map((place, i) => {
          const flight = spanBetween(links, places[0]!, place);
          return draw(flight) + draw(diskSpanOf(links, i + 1, size)) + draw(flight);
        }).sort((a, b) => a - b);
        return Math.max(draw(links.disk), acks[quorumOf(size) - 2] ?? 0);
      });
      const latency = commitLatency(links, size);

      for (const share of [0.5, 0.99]) {
        const point = quantile(latency, share);
        const drawn = latencies.filter((drawn) => drawn <= point).length / latencies.length;
        assert.ok(
          Math.abs(drawn - latency.atMost(point)) < 0.015,
          `${links.name} ${size}: ${drawn} of ${latency.atMost(point)}`,
        );
      }
      assert.ok(Math.abs(latency.atMost(latency.unitsMax) - 1) < 1e-9);
    }
  }
});

Deno.test("waiting is about flat in size, and a straggler is felt only where its vote is needed", () => {
  const p50 = (name: keyof typeof LINK_PLANS, size: number) =>
    latencyPoints(commitLatency(LINK_PLANS[name], size)).p50Ms;

  assert.ok(Math.abs(p50("lan", 9) - p50("lan", 3)) < 0.2);
  assert.ok(p50("straggler", 2) > 40);
  assert.ok(p50("straggler", 3) < 2.5);
});

Deno.test("links that cannot be are refused", () => {
  const { lan } = LINK_PLANS;
  assert.equal(refusalOfLinks(lan), null);
  for (
    const within of [{ min: -1, max: 2 }, { min: 3, max: 2 }, { min: 0, max: 0.5 }, { min: 0, max: 1e9 }]
  ) {
    assert.equal(refusalOfLinks({ ...lan, within })?.key, "refused.span");
  }
  assert.equal(refusalOfLinks({ ...lan, placeCount: 0 })?.key, "refused.places");
  assert.equal(refusalOfLinks({ ...lan, between: [] })?.key, "refused.places");
});

Deno.test("shared failures: the sum over racks and zones equals the sum over every state of every cause", () => {
  const repairHours = { member: 12, rack: 4, zone: 2 };
  for (
    const [size, zoneCount, racksPerZone] of [[1, 1, 1], [3, 3, 1], [4, 2, 2], [5, 3, 2], [5, 2, 1]] as const
  ) {
    const stands = standsDealt({ size, zoneCount, racksPerZone });
    const plan = {
      stands,
      memberAvailability: 0.9,
      rackAvailability: 0.97,
      zoneAvailability: 0.95,
      repairHours,
    };

    const answer = sharedFigures(plan);
    assert.ok(answer.kind === "figures");
    assert.ok(Math.abs(answer.availability - shareByEveryState(plan)) < 1e-12, `${size} in ${zoneCount}`);
    assert.ok(Math.abs(answer.availability + answer.unavailability - 1) < 1e-12);
  }
});

function shareByEveryState(plan: Parameters<typeof sharedFigures>[0]): number {
  const { stands, rackAvailability, zoneAvailability } = plan;
  const zones = [...new Set(stands.map(({ zone }) => `z${zone}`))];
  const racks = [...new Set(stands.map(({ zone, rack }) => `z${zone}r${rack}`))];
  const own = plan.memberAvailability / (rackAvailability * zoneAvailability);
  const causes = [
    ...zones.map((name) => ({ name, up: zoneAvailability })),
    ...racks.map((name) => ({ name, up: rackAvailability })),
    ...stands.map((_, i) => ({ name: `m${i}`, up: own })),
  ];
  let share = 0;
  for (let state = 0; state < 2 ** causes.length; state++) {
    const isUp = new Set(causes.filter((_, c) => (state >> c) & 1).map(({ name }) => name));
    const up = stands.filter(({ zone, rack }, i) =>
      isUp.has(`z${zone}`) && isUp.has(`z${zone}r${rack}`) && isUp.has(`m${i}`)
    );
    if (up.length < quorumOf(stands.length)) continue;
    share += causes.reduce((p, { name, up }) => p * (isUp.has(name) ? up : 1 - up), 1);
  }
  return share;
}
