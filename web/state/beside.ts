// The other of two runs that are looked at together: what it shows is the moment that the run on the stage is at.

import type { Cluster, ClusterFrame } from "../../workers/browser/cluster_api.ts";
import { frameOf, type Lane, type TimeMachine } from "./time_machine.svelte.ts";

/** How often the picture beside follows the one on the stage, in real milliseconds. */
const FOLLOW_MS = 200;

/**
 * A cluster that only shows: the lane beside, at the time of the lane on the stage, as far as it has come.
 * @returns the cluster and the way to end it.
 */
export function besideCluster(machine: TimeMachine, lane: Lane): Cluster {
  let frame: ClusterFrame = lane.cluster.frame;
  let atMs = lane.cluster.now();
  let isAsked = false;
  const subscribers = new Set<(frame: ClusterFrame) => void>();
  const follow = async (): Promise<void> => {
    if (isAsked) return;
    isAsked = true;
    try {
      const span = lane.cluster.span;
      const wantedMs = machine.now();
      // It waits at its own end when the other has gone further.
      const isPast = span !== null && wantedMs < span.toMs;
      frame = isPast ? await frameOf(lane, wantedMs) : lane.cluster.frame;
      atMs = isPast ? wantedMs : span?.toMs ?? wantedMs;
      for (const onFrame of subscribers) onFrame(frame);
    } catch {
      // A moment that it does not reach back to leaves the picture as it was.
    } finally {
      isAsked = false;
    }
  };
  const timer = setInterval(follow, FOLLOW_MS);
  void follow();
  const watching: Partial<Cluster> = {
    get frame() {
      return frame;
    },
    now: () => atMs,
    subscribe: (onFrame) => {
      subscribers.add(onFrame);
      return () => subscribers.delete(onFrame);
    },
    close: () => clearInterval(timer),
    kind: lane.cluster.kind,
    get span() {
      return lane.cluster.span;
    },
    get archive() {
      return lane.cluster.archive;
    },
    pauseClock: () => {},
    resumeClock: () => {},
    speed: () => {},
    watch: () => () => {},
    actions: [],
    frameAt: (ms) => frameOf(lane, ms),
    branchAt: (ms) => lane.cluster.branchAt(ms),
  };
  const refuse = () =>
    Promise.reject(new Error("this run only stands beside; put it on the stage to act on it"));
  // Verbs act on the run on the stage, never on the one beside it.
  for (const verb of VERBS) Object.assign(watching, { [verb]: refuse });
  return watching as Cluster;
}

const VERBS = [
  "crash",
  "restart",
  "pause",
  "resume",
  "elect",
  "cut",
  "mend",
  "heal",
  "put",
  "get",
  "del",
  "request",
  "diskImage",
  "startOver",
] as const satisfies readonly (keyof Cluster)[];
