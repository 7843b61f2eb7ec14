// The rule about changes of members, taken out.

import type { BrokenRule } from "./broken_rule.ts";

export const MEMBERS: readonly BrokenRule[] = [
  {
    key: "oneChangeAtATime",
    number: 16,
    shelf: "members",
    without: { mayChangeMembers: () => true },
  },
];
