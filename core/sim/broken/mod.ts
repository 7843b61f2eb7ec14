// The gallery: sixteen rules of safety and three of progress, each taken out once.

import { type RaftRules, SOUND_RULES } from "../../raft/rules.ts";
import type { BrokenRule, BrokenRuleKey } from "./broken_rule.ts";
import { CLIENTS } from "./clients.ts";
import { DISK } from "./disk.ts";
import { LOG } from "./log.ts";
import { MEMBERS } from "./members.ts";
import { PROGRESS } from "./progress.ts";
import { TERMS } from "./terms.ts";
import { VOTES } from "./votes.ts";

export type { BrokenRule, BrokenRuleKey, BrokenRuleShelf } from "./broken_rule.ts";

/** In order of number. */
export const BROKEN_RULES: readonly BrokenRule[] = [
  ...VOTES,
  ...TERMS,
  ...LOG,
  ...DISK,
  ...CLIENTS,
  ...MEMBERS,
  ...PROGRESS,
];

const BY_KEY: ReadonlyMap<string, BrokenRule> = new Map(BROKEN_RULES.map((rule) => [rule.key, rule]));

/** Null when no rule has this key. */
export function brokenRuleOf(key: string): BrokenRule | null {
  return BY_KEY.get(key) ?? null;
}

/** All rules but one. */
export function rulesWithout(key: BrokenRuleKey): RaftRules {
  return { ...SOUND_RULES, ...BY_KEY.get(key)!.without };
}
