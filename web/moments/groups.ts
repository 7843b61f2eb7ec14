// How the page orders the moments; a test holds that each is in one group.

import type { MomentsStrings } from "../text/moments_en.ts";

export interface MomentGroup {
  readonly name: keyof MomentsStrings["groups"];
  readonly slugs: readonly string[];
}

export const MOMENT_GROUPS: readonly MomentGroup[] = [
  {
    name: "elections",
    slugs: [
      "split-vote",
      "stale-leader",
      "clean-cut-of-four",
      "chained-partition",
      "half-switch",
      "pre-vote-saves-a-term",
      "without-pre-vote",
      "leadership-handed-over",
    ],
  },
  {
    name: "logs",
    slugs: ["an-entry-given-up", "figure-7", "figure-8", "stale-read", "snapshot-catch-up"],
  },
  { name: "disks", slugs: ["torn-write", "disk-rot", "removed-leader"] },
];
