// The chooser against brute force: every placement of every size, every loss of a zone, every set of members.

import assert from "node:assert/strict";
import { type Advice, adviseSize, dealings, type Wishes } from "../../../core/lab/chooser.ts";
import { quorumOf } from "../../../core/lab/formulas.ts";
import { LINK_PLANS } from "../../../core/lab/links.ts";
import { type LabSentence, labSentence, percentText } from "../../../core/lab/sentences.ts";
import { LAB_CHINESE } from "../../../core/lab/sentences_zh.ts";
import { LAB_ENGLISH } from "../../../core/lab/sentences_en.ts";
import { countIn } from "../../../core/lab/subsets.ts";

const WISHES: Wishes = {
  failures: 0,
  zoneLoss: null,
  zoneCount: 3,
  availability: null,
  memberAvailability: 0.99,
  zoneAvailability: 1,
  links: LINK_PLANS.zones,
  commitP99MsMax: null,
};

type Answered = Exclude<Advice, { kind: "refused" }>;

function advise(wishes: Partial<Wishes>): Answered {
  const advice = adviseSize({ ...WISHES, ...wishes });
  assert.notEqual(advice.kind, "refused", JSON.stringify(advice));
  return advice as Answered;
}

/** The zone of each member, for every way to place them, order of zones and all. */
function* everyPlacement(size: number, zoneCount: number): Generator<readonly number[]> {
  for (let code = 0; code < zoneCount ** size; code++) {
    const zones = Array.from({ length: size }, (_, i) => Math.floor(code / zoneCount ** i) % zoneCount);
    // Members are alike: one order of them stands for all.
    if (zones.every((zone, i) => i === 0 || zones[i - 1]! <= zone)) yield zones;
  }
}

/** Whether a quorum is left whichever zone goes and whichever `besides` members go with it. */
function survivesZones(zones: readonly number[], zoneCount: number, besides: number): boolean {
  const size = zones.length;
  for (let lost = 0; lost < zoneCount; lost++) {
    for (let down = 0; down < 2 ** size; down++) {
      if (countIn(down) > besides) continue;
      const left = zones.filter((zone, i) => zone !== lost && !((down >> i) & 1)).length;
      if (left < quorumOf(size)) return false;
    }
  }
  return true;
}

Deno.test("the advised size is the smallest that brute force finds for failures and zones", () => {
  const works = new Map<string, boolean>();
  const someSurvive = (size: number, zoneCount: number, besides: number): boolean => {
    const key = `${size} ${zoneCount} ${besides}`;
    if (!works.has(key)) {
      const found = [...everyPlacement(size, zoneCount)].some((zones) =>
        survivesZones(zones, zoneCount, besides)
      );
      works.set(key, found);
    }
    return works.get(key)!;
  };
  let impossibleCount = 0;
  for (const zoneCount of [1, 2, 3, 4]) {
    for (const failures of [0, 1, 2, 3, 4, 5]) {
      for (const besides of [null, 0, 1, 2]) {
        const zoneLoss = besides === null ? null : { besides };
        const advice = advise({ failures, zoneLoss, zoneCount });

        const smallest = [1, 2, 3, 4, 5, 6, 7].find((size) =>
          size - quorumOf(size) >= failures && (besides === null || someSurvive(size, zoneCount, besides))
        );
        const where = JSON.stringify({ zoneCount, failures, besides });
        if (advice.kind === "advice") {
          // Brute force goes to 7 members; what is larger must be odd and be refused by all of them.
          if (advice.size <= 7) assert.equal(advice.size, smallest, where);
          else assert.deepEqual([smallest, advice.size], [undefined, 9], where);
          assert.equal(advice.counts.reduce((sum, count) => sum + count, 0), advice.size);
          assert.ok(advice.counts.length <= zoneCount);
          const zones = advice.counts.flatMap((count, zone) => Array.from({ length: count }, () => zone));
          if (besides !== null) assert.ok(survivesZones(zones, zoneCount, besides), where);
        } else {
          impossibleCount += 1;
          assert.equal(smallest, undefined, where);
          assert.ok(advice.reasons.length > 0, where);
        }
        for (const verdict of advice.verdicts.slice(0, 7)) {
          const expected = verdict.size - quorumOf(verdict.size) >= failures &&
            (besides === null || someSurvive(verdict.size, zoneCount, besides));
          assert.equal(verdict.works, expected, `${where}, ${verdict.size}`);
          assert.equal(
            verdict.reasons.length > 0,
            !(advice.kind === "advice" && verdict.size === advice.size),
          );
        }
      }
    }
  }
  assert.ok(impossibleCount > 20);
});

/** Share of time with a majority, summed over every state of every zone and member. */
function availabilityOf(counts: readonly number[], own: number, zoneUp: number): number {
  const zones = counts.flatMap((count, zone) => Array.from({ length: count }, () => zone));
  let share = 0;
  for (let state = 0; state < 2 ** (counts.length + zones.length); state++) {
    let p = 1;
    for (let i = 0; i < counts.length; i++) p *= (state >> i) & 1 ? zoneUp : 1 - zoneUp;
    let upCount = 0;
    for (let i = 0; i < zones.length; i++) {
      const isUp = (state >> (counts.length + i)) & 1;
      p *= isUp ? own : 1 - own;
      if (isUp && (state >> zones[i]!) & 1) upCount += 1;
    }
    if (upCount >= quorumOf(zones.length)) share += p;
  }
  return share;
}

Deno.test("for nines, the size and the placement are the best that brute force finds", () => {
  const memberAvailability = 0.99;
  const zoneAvailability = 0.9995;
  for (const zoneCount of [1, 2, 3]) {
    const best = [1, 2, 3, 4, 5, 6, 7].map((size) =>
      Math.max(
        ...dealings(size, zoneCount).map((counts) =>
          availabilityOf(counts, memberAvailability / zoneAvailability, zoneAvailability)
        ),
      )
    );
    for (const availability of [0.98, 0.999, 0.9994, 0.9999, 0.99998]) {
      const advice = advise({ availability, memberAvailability, zoneAvailability, zoneCount });
      const smallest = best.findIndex((share) => share >= availability) + 1;

      if (smallest > 0) {
        assert.ok(advice.kind === "advice");
        assert.equal(advice.size, smallest, `${availability} in ${zoneCount} zones`);
        assert.ok(Math.abs(advice.availability - best[smallest - 1]!) < 1e-12);
      } else assert.ok(advice.kind === "impossible" || advice.size > 7);
      advice.verdicts.slice(0, 7).forEach((verdict, i) =>
        assert.ok(Math.abs(verdict.availability - best[i]!) < 1e-12)
      );
    }
  }
  // With two zones, spreading is worse: a majority needs the fuller one, and sometimes the other too.
  const two = advise({ availability: 0.999, zoneAvailability, zoneCount: 2 });
  assert.ok(two.kind === "advice");
  assert.deepEqual(two.counts, [3]);
  assert.ok(two.notes.some(({ key }) => key === "note.allInOne"));
});

Deno.test("the usual questions get the usual answers", () => {
  const answer = (wishes: Partial<Wishes>) => {
    const advice = advise(wishes);
    return advice.kind === "advice"
      ? [advice.size, advice.counts, advice.reasons.map(({ key }) => key)]
      : [null, advice.reasons.map(({ key }) => key)];
  };

  assert.deepEqual(answer({}), [1, [1], ["enough.alone"]]);
  assert.deepEqual(answer({ failures: 2 }), [5, [2, 2, 1], ["enough.failures"]]);
  assert.deepEqual(answer({ zoneLoss: { besides: 0 } }), [3, [1, 1, 1], ["enough.zone"]]);
  assert.deepEqual(answer({ zoneLoss: { besides: 1 } }), [9, [3, 3, 3], ["enough.zoneAndFailures"]]);
  assert.deepEqual(answer({ zoneLoss: { besides: 1 }, zoneCount: 5 }), [
    5,
    [1, 1, 1, 1, 1],
    ["enough.zoneAndFailures"],
  ]);
  assert.deepEqual(answer({ zoneLoss: { besides: 0 }, zoneCount: 2 }), [null, ["not.twoZones"]]);
  assert.deepEqual(answer({ zoneLoss: { besides: 0 }, zoneCount: 1 }), [null, ["not.oneZone"]]);
  assert.deepEqual(answer({ failures: 5 }), [null, ["not.failures"]]);
  assert.deepEqual(answer({ availability: 0.9999 }), [5, [2, 2, 1], ["enough.availability"]]);
  const nine = advise({ failures: 4 });
  assert.ok(nine.kind === "advice" && nine.notes.some(({ key }) => key === "cost.overSeven"));
});

Deno.test("a limit on waiting rules out what is too far apart", () => {
  const far = advise({ failures: 1, links: LINK_PLANS.regions, commitP99MsMax: 50 });
  assert.ok(far.kind === "impossible");
  assert.deepEqual(far.reasons.map(({ key }) => key), ["not.failures"]);
  assert.deepEqual(far.verdicts[2]!.reasons.map(({ key }) => key), ["not.latency"]);

  const near = advise({ failures: 1, commitP99MsMax: 50 });
  assert.ok(near.kind === "advice" && near.size === 3 && near.latency.p99Ms < 5);
});

Deno.test("wishes that make no sense are refused with a sentence in both languages", () => {
  const cases: readonly [Partial<Wishes>, string][] = [
    [{ failures: -1 }, "refused.failures"],
    [{ zoneLoss: { besides: 0.5 } }, "refused.failures"],
    [{ zoneCount: 0 }, "refused.zones"],
    [{ zoneCount: 10 }, "refused.zones"],
    [{ availability: 1 }, "refused.target"],
    [{ memberAvailability: 1.5 }, "refused.availability"],
    [{ memberAvailability: 0.99, zoneAvailability: 0.9 }, "refused.shared"],
    [{ commitP99MsMax: 0 }, "refused.latency"],
    [{ links: { ...LINK_PLANS.lan, disk: { min: 2, max: 1 } } }, "refused.span"],
  ];
  for (const [wishes, key] of cases) {
    const advice = adviseSize({ ...WISHES, ...wishes });
    assert.ok(advice.kind === "refused");
    assert.equal(advice.why.key, key);
    says(advice.why);
  }
  // The ends of both sliders are answered.
  for (const memberAvailability of [0, 1]) advise({ memberAvailability, availability: 0.5 });
});

Deno.test("everything that is said has words in both languages, with every value in its place", () => {
  const said = new Map<string, LabSentence>();
  for (const zoneCount of [1, 2, 3, 5]) {
    for (const failures of [0, 1, 4, 5]) {
      for (const zoneLoss of [null, { besides: 0 }, { besides: 1 }]) {
        for (const availability of [null, 0.99, 0.999999]) {
          for (const commitP99MsMax of [null, 3.2]) {
            const zoneAvailability = failures === 1 ? 0.9999 : 1;
            const advice = advise({
              zoneCount,
              failures,
              zoneLoss,
              availability,
              commitP99MsMax,
              zoneAvailability,
            });
            const sentences = [
              ...advice.reasons,
              ...(advice.kind === "advice" ? advice.notes : []),
              ...advice.verdicts.flatMap(({ reasons }) => reasons),
            ];
            for (const sentence of sentences) said.set(sentence.key, sentence);
          }
        }
      }
    }
  }
  for (const sentence of said.values()) says(sentence);

  const spoken = Object.keys(LAB_ENGLISH).filter((key) => !key.startsWith("refused."));
  assert.deepEqual(spoken.filter((key) => !said.has(key)), []);
});

Deno.test("a share of time is never rounded up to certainty", () => {
  assert.deepEqual(
    [0, 0.5, 0.9, 0.99, 0.999702, 0.9999901494, 1 - 1.2e-8, 1].map(percentText),
    ["0.00 %", "50.00 %", "90.00 %", "99.00 %", "99.970 %", "99.99901 %", "99.9999988 %", "100.00 %"],
  );
  assert.equal(percentText(1 - 2 ** -53), "> 99.999999999 %");
});

function says(sentence: LabSentence): void {
  for (const language of [LAB_ENGLISH, LAB_CHINESE]) {
    const text = labSentence(sentence, language);
    assert.match(text, /[.。]$/, text);
    assert.doesNotMatch(text, /undefined|NaN|null|\[object/, text);
  }
  assert.match(labSentence(sentence, LAB_CHINESE), /[\u4e00-\u9fff]/);
}
