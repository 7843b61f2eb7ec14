// Rules about the disk, taken out.

import type { BrokenRule } from "./broken_rule.ts";

export const DISK: readonly BrokenRule[] = [
  {
    key: "onDiskBeforeAcknowledged",
    number: 13,
    shelf: "disk",
    without: { acknowledgementWaitsForDisk: () => false },
  },
  {
    key: "snapshotBeforeCut",
    number: 14,
    shelf: "disk",
    without: { cutWaitsForSnapshot: () => false },
  },
];
