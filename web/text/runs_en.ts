// What the page says of runs, time and proof, in English.

const plural = (
  count: number,
  one: string,
  many: string,
) => (count === 1 ? `1 ${one}` : `${count.toLocaleString("en")} ${many}`);

export const runsEn = {
  stepBack: "Back by one event (Shift: by one that matters)",
  stepOn: "On by one event (Shift: by one that matters)",
  now: "Now",
  nowTitle: "Back to the present",
  past: (seconds: string, event: string) => `${seconds} s · ${event}`,
  pastChip: "The past",
  pastWaits: "The cluster waits while you look back. Act here, and a branch begins.",
  disagreesHere: "The replay of this moment differs from what was recorded.",
  reach: (seconds: string) => `from ${seconds} s`,
  track: (seconds: string) => `Moment on the stage: ${seconds} s`,
  branch: "Branch here",
  lanes: "Runs",
  lane: (letter: string) => `Run ${letter}`,
  laneFrom: (letter: string, parent: string, seconds: string) =>
    `Branch ${letter}, left ${parent} at ${seconds} s`,
  compare: (letter: string) => `Compare with ${letter}`,
  compareEnd: "End the comparison",
  parted: "They part",
  partedAt: (seconds: string) => `They part at ${seconds} s`,
  notParted: "No difference so far",
  nothing: "nothing",
  stopAt: "Stop at",
  stops: { never: "nothing", leader: "next leader", commit: "next commit", violation: "broken rule" },
  live: (count: number) => `${plural(count, "worker", "workers")}, this tab`,
  simulator: "simulator",
  share: "Share this run",
  shareShort: "Share",
  shareMore: "Files",
  download: "Download this run",
  upload: "Open a run from a file",
  copied: "Link copied: it opens this very moment in the simulator.",
  copiedReplay:
    "Link copied: it replays this plan and what was done in the simulator, where chance may fall otherwise.",
  copyThis: "Copy this link:",
  saved: "The run is saved as a file.",
  disagrees:
    "This run was played, but says something else at that event than its sender saw: it may come from another version.",
  notOpened: {
    notARun: (_why: string) => "This is no run of Flotilla. Nothing has changed here.",
    newer: (_why: string) =>
      "This run was made by a newer version of Flotilla. Reload the page to get it, then open the run again.",
    broken: (why: string) =>
      `This run cannot be opened: ${why}. Ask its sender for it once more. Nothing has changed here.`,
  },
  held: (count: number) => `${count} invariants held`,
  heldOver: (count: number) => `over ${plural(count, "check", "checks")}`,
  broken: (count: number) => `1 of ${count} invariants broken`,
  atEvent: (event: number) => `at event ${event}`,
  proof: "Invariants",
  invariants: {
    oneLeaderPerTerm: "One leader per term",
    logMatching: "Logs match",
    leaderCompleteness: "A leader has all that was committed",
    committedNeverChanges: "What is committed never changes",
    statesAgree: "Equal logs, equal keys",
    monotone: "Term and commit never fall",
  } as Readonly<Record<string, string>>,
  brokenAt: (
    event: number,
    names: string,
  ) => (names === "" ? `Broken at event ${event}.` : `Broken at event ${event}: ${names}.`),
  decided: "What decided it",
  stepBackTo: "Step back",
  close: "Close",
};
