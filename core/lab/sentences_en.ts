// English: present tense, the fact first, then what follows from it.

import { type LabSentences, msText, percentText } from "./sentences.ts";

const dealt = (counts: readonly number[]) => counts.join(" + ");
const members = (count: number) => (count === 1 ? "1 member" : `${count} members`);
const failures = (count: number) => (count === 1 ? "1 failure" : `${count} failures`);

export const LAB_ENGLISH: LabSentences = {
  "refused.noMembers": () => "A cluster needs at least 1 member.",
  "refused.size": ({ size, sizeMax }) => `The lab knows clusters of 1 to ${sizeMax} members, not of ${size}.`,
  "refused.availability": ({ availability }) =>
    `${availability} is no share of time: it must lie between 0 and 1.`,
  "refused.shared": ({ memberAvailability, shared }) =>
    `Racks and zones alone are up ${percentText(shared)} of the time, so no member in them can be up ${
      percentText(memberAvailability)
    }.`,
  "refused.repair": ({ hours, hoursMax }) =>
    `A repair takes more than 0 and at most ${hoursMax} hours, not ${hours}.`,
  "refused.span": ({ minMs, maxMs }) =>
    `A delay from ${minMs} to ${maxMs} ms cannot be used: it runs from 0 to at most 1000 ms, in steps of 0.01 ms.`,
  "refused.places": ({ placeCount }) =>
    `Members stand in 1 to 9 places, each pair a distance apart, not in ${placeCount}.`,
  "refused.zones": ({ zoneCount, zoneCountMax }) => `Choose 1 to ${zoneCountMax} zones, not ${zoneCount}.`,
  "refused.failures": ({ failures }) => `The number of failures to survive is 0 or more, not ${failures}.`,
  "refused.target": ({ target }) =>
    `${target} is no availability to aim at: it must be at least 0 and below 1.`,
  "refused.latency": ({ limitMs }) => `A limit of ${limitMs} ms leaves a write no time.`,

  "enough.failures": ({ failures: count, size, quorum }) =>
    `${members(size)} survive ${failures(count)}: ${size - count} are left, and ${quorum} are a majority.`,
  "enough.zone": ({ counts, left, size, quorum }) =>
    `Placed ${
      dealt(counts)
    }, the loss of any one zone leaves at least ${left} of ${size}; ${quorum} are a majority.`,
  "enough.zoneAndFailures": ({ counts, failures: count, left, quorum }) =>
    `Placed ${dealt(counts)}, the loss of any one zone and ${
      failures(count)
    } more leaves at least ${left}; ${quorum} are a majority.`,
  "enough.availability": ({ availability, target, downMinutesPerYear }) =>
    `It has a majority ${percentText(availability)} of the time, about ${
      Number(downMinutesPerYear.toPrecision(2))
    } minutes down a year; you ask for ${percentText(target)}.`,
  "enough.latency": ({ p99Ms, limitMs }) =>
    `99 in 100 writes commit within ${msText(p99Ms)}, wherever the leader is; you allow ${msText(limitMs)}.`,
  "enough.alone": () => "You ask for nothing that a single member does not give.",

  "cost.messages": ({ size, messages }) =>
    messages === 0
      ? "A single member sends no messages for a write."
      : `Each write costs ${messages} messages: to ${size - 1} ${
        size === 2 ? "follower" : "followers"
      } and back.`,
  "cost.latency": ({ p50Ms, p99Ms }) =>
    `Half of the writes commit within ${msText(p50Ms)}, 99 in 100 within ${
      msText(p99Ms)
    }, with the leader in the worst place.`,
  "cost.overSeven": ({ size, messages }) =>
    `etcd advises no more than 7: with ${size} the leader handles ${messages} messages for each write, and a majority is farther away.`,
  "note.independent": () => "Computed as if members failed one by one. Shared racks and zones make it worse.",
  "note.oneZone": ({ size }) => `All ${members(size)} share one zone, so they go down with it.`,
  "note.allInOne": ({ zoneCount }) =>
    `All in one zone is up more often than spread over ${zoneCount}: with 2 zones a majority needs the fuller one anyway, and spreading only adds a way to fail.`,

  "not.failures": ({ size, tolerated, failures: count }) =>
    `${members(size)} ${size === 1 ? "survives" : "survive"} ${failures(tolerated)}, not ${count}.`,
  "not.oneZone": () => "With one zone, the loss of that zone takes every member.",
  "not.twoZones": ({ size, larger, left, quorum }) =>
    `Two zones never survive the loss of either one: one of them holds at least half. Of ${
      members(size)
    } it holds ${larger} or more; the other has at most ${left}, and ${quorum} are a majority.`,
  "not.zone": ({ size, counts, left, quorum }) =>
    `Even placed ${dealt(counts)}, ${
      members(size)
    } may keep only ${left} when a zone is lost; ${quorum} are a majority.`,
  "not.zoneAndFailures": ({ size, counts, failures: count, left, quorum }) =>
    `Even placed ${dealt(counts)}, ${members(size)} may keep only ${left} after a zone and ${
      failures(count)
    } more; ${quorum} are a majority.`,
  "not.availability": ({ size, availability, target }) =>
    `${size === 1 ? "1 member has" : `${size} members have`} a majority ${
      percentText(availability)
    } of the time at best; you ask for ${percentText(target)}.`,
  "not.latency": ({ size, p99Ms, limitMs }) =>
    `With ${members(size)}, 99 in 100 writes take up to ${msText(p99Ms)}; you allow ${msText(limitMs)}.`,
  "not.even": ({ size, tolerated }) =>
    `${size} survive no more than ${size - 1} do (${
      failures(tolerated)
    }), and have one more member that can fail.`,
  "not.larger": ({ size, messages }) =>
    `${members(size)} would do as well, but each write would cost ${messages} messages.`,
};
