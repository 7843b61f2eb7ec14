// The rule about reads, taken out.

import type { BrokenRule } from "./broken_rule.ts";

export const CLIENTS: readonly BrokenRule[] = [
  {
    key: "readAsksQuorum",
    number: 15,
    shelf: "clients",
    without: { readAsksQuorum: () => false },
  },
];
