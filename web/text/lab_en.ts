// The words of the sizing lab in English, loaded with its room. `lab_zh.ts` has the same shape. Reasons and refusals
// come from the computation's own tables.

import { LAB_ENGLISH, type LabSentences, msText } from "../../core/lab/mod.ts";

const number = (value: number) => value.toLocaleString("en");
const members = (count: number) => (count === 1 ? "1 member" : `${count} members`);

export const labEn = {
  sentences: LAB_ENGLISH as LabSentences,
  title: "How many members?",
  subtitle: "A write needs a majority. Everything on this page follows from that.",

  measure: "Measure all",
  again: "Run again",
  measureRest: "Measure the rest",
  cancel: "Cancel",
  progress: (percent: number) => `Measuring: ${percent} %`,
  measuring: {
    idle: "Formulas only. Not measured yet.",
    pending: "These settings are measured next.",
    cancelled: "Cancelled. What was measured so far stays.",
    done: (m: { sets: number; cuts: number; writes: number; years: number; seed: string }) =>
      `Measured: ${number(m.sets)} sets of failures, ${number(m.cuts)} cuts, ${number(m.writes)} writes, ${
        number(m.years)
      } years a size; seed ${m.seed}`,
    noWorkers:
      "This browser gives the page no workers, so nothing can be measured. The formulas hold without.",
    failed: "A measurement broke off through a fault of ours. The figures so far stay.",
  },

  up: {
    label: "Each member is up",
    value: (percent: string) => `${percent} % of the time`,
    exact: "Exact share in per cent",
    notANumber: "Type a share of time in per cent, from 0 to 100.",
    never: "Members that are never up make no cluster, of any size.",
    always: "Members that never fail need no spare: one is as good as nine.",
  },
  links: {
    label: "Links",
    names: { lan: "one rack", zones: "three zones", regions: "three regions", straggler: "one slow disk" },
    notes: {
      lan: "0.2–0.4 ms one way; disks 0.5–2 ms.",
      zones: "0.5–0.9 ms one way between zones, members dealt in turn.",
      regions: "32–75 ms one way between regions, members dealt in turn.",
      straggler: "0.2–0.4 ms one way; the last member’s disk takes 40 ms.",
    },
  },
  shared: {
    label: "Failures",
    names: { none: "independent", rack: "shared racks", zone: "shared zones" },
    count: { none: "", rack: "racks", zone: "zones" },
    up: "each up",
    notes: {
      none: "One at a time, as the formula assumes.",
      rack: "Members of one rack go down together, too.",
      zone: "Members of one zone go down together, too.",
    },
  },

  table: {
    caption: "Fault tolerance of 1 to 9 members: each figure by formula, and under it as measured",
    members: "members",
    quorum: "quorum",
    mayLose: "may lose",
    triangle: ["how many are down; each square is one combination,", "solid if a write still commits"],
    nines: ["time with a quorum, in nines:", "bar: exact, dot: years lived"],
    up: ["has a", "quorum"],
    down: ["down", "per year"],
    cuts: ["cuts in two", "with no quorum"],
    messages: ["messages", "a write"],
    half: ["half commit", "within"],
    most: ["99 in 100", "within"],
    words: "in words",
    none: "none",
    of: (count: number, total: number) => `${count} of ${total}`,
    measured: (value: string) => `measured ${value}`,
    agrees: "agrees",
    near: "agrees within chance",
    outside: "outside the 95 % interval of the years lived, as 1 in 20 may be",
    differs: "differs",
    unmeasured: "not measured yet",
    inWords: [
      "no spare",
      "worse than one",
      "the usual choice",
      "worse than three",
      "repairs stay safe",
      "worse than five",
      "the most etcd advises",
      "worse than seven",
      "rarely worth it",
    ],
    legend:
      "Under each figure, as measured: = the same · ≈ the same within chance · ≠ different. Arrow: no outage seen in the years lived",
    triangleLabel: (size: number, tolerated: number, tried: number, total: number) =>
      `${members(size)}: any ${tolerated} may be down; ${tried} of ${total} combinations tried`,
    ninesLabel: (exact: string, alone: string | null) =>
      alone === null ? `exact ${exact}` : `exact ${exact}; ${alone} if failures were independent`,
    livedLabel: (years: string, lived: string, low: string, high: string) =>
      `${years} years lived: ${lived}, 95 % interval ${low} to ${high}`,
    notSeenLabel: (years: string, low: string) => `no outage seen in ${years} years: at least ${low}`,
    outline: "outline: if failures were independent",
    inside: (inside: number, total: number) =>
      `${inside} of ${total} exact shares lie inside the 95 % interval of the years lived; 1 in 20 may lie outside.`,
    show: (size: number) => `Show the cluster of ${size}`,
  },
  duration: (minutes: number): string => {
    if (minutes >= 1440) return `${(minutes / 1440).toFixed(1)} days`;
    if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${Math.floor(minutes % 60)} min`;
    if (minutes >= 1) return `${minutes.toFixed(1)} min`;
    if (minutes === 0) return "never";
    return minutes * 60 >= 1 ? `${Math.round(minutes * 60)} s` : "under 1 s";
  },
  ms: msText,
  number,

  cluster: {
    title: (size: number) => (size === 1 ? "A cluster of one" : `A cluster of ${size}`),
    losing: (size: number, quorum: number, lost: number) =>
      lost === 0
        ? size === 1
          ? "It decides alone. When it is down, nothing is decided."
          : `Both must be up: ${quorum} of ${size} are the quorum.`
        : `${lost} may be down, whichever: the other ${quorum} are the quorum.`,
    ring: (size: number, lost: number) => `${members(size)}, ${lost} of them down, still with a quorum`,
    make: "Make it",
    ask: (size: number) =>
      `A new cluster of ${size}? The one in the playground and its disks are thrown away.`,
    startOver: "Start over",
    keep: "Keep that one",
  },
  subsets: {
    title: "Why four is no safer than three",
    text:
      "Every way to have members down. Solid rings still have a quorum: 4 of 8 for three members, only 5 of 16 for four.",
    three: "three",
    four: "four",
  },
  messages: {
    title: "Messages grow with every member",
    text: "The leader sends to each follower, and each answers: 2(n − 1).",
    formula: "formula",
    dots: "dots: measured",
  },
  latency: {
    title: "Waiting time does not",
    titleFar: "Waiting depends on the links",
    text: "A write waits for the fastest half, not for the slowest member.",
    half: "half are faster",
    most: "99 in 100 are faster",
    axis: (value: number) => `${value} ms`,
  },
  chartLabel: (title: string, values: string) => `${title} By size: ${values}.`,

  chooser: {
    title: "What do you need?",
    text:
      "The smallest cluster that meets every wish, and why. Links and members’ availability are those set above.",
    failures: "Survive failed members",
    failuresHint: "whichever they are",
    zone: "Survive the loss of any one zone",
    besides: "and failed members beside it",
    zones: "Zones to place members in",
    zoneUp: "Each zone is up",
    target: "Time with a quorum",
    any: "any",
    within: "99 in 100 writes commit within, ms",
    notANumber: "Type the limit in milliseconds as a number, or leave it empty.",
    answer: (size: number) => (size === 1 ? "One member" : `${size} members`),
    placed: (
      counts: string,
      zones: number,
    ) => (zones === 1 ? "all in one zone" : `placed ${counts} in ${zones} zones`),
    impossible: "No size from 1 to 9 meets all of this.",
    nearest: "The nearest one fails because:",
    because: "Because",
    costs: "What it costs, and what to know",
    every: "Every size",
    advised: "this one",
    works: "would do",
    fails: "no",
  },

  exports: {
    title: "Take it with you",
    table: "Table, CSV",
    failures: "Every failure, CSV",
    years: "Years, CSV",
    picture: "Picture, SVG",
    link: "Copy the address",
    copied: "Copied: it brings these settings back.",
    notCopied: "The browser keeps its clipboard to itself. The address bar has the same.",
    wait: "After a measurement.",
  },
};

export type LabStrings = typeof labEn;
