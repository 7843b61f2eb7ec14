import type { Target } from "../target.ts";
import { CLIENT_TARGETS } from "./clients.ts";
import { DISK_TARGETS } from "./disks.ts";
import { PEER_TARGETS } from "./peers.ts";
import { linkTarget, TEXT_TARGETS } from "./texts.ts";

/** Every decoder of bytes that somebody else wrote. */
export async function allTargets(): Promise<readonly Target[]> {
  return [...PEER_TARGETS, ...DISK_TARGETS, ...CLIENT_TARGETS, ...TEXT_TARGETS, await linkTarget()];
}
