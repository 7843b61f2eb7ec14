// The rooms beside the playground, each loaded when it is first entered, so that a first visit pays for none of them.

import type { Component } from "svelte";
import type { RoomName } from "./router.ts";

/** How the page of a room is had; a room that is not here is the playground in one of its guises. */
export const ROOM_PAGES: Partial<Record<RoomName, () => Promise<{ readonly default: Component }>>> = {
  lab: () => import("./lab/LabPage.svelte"),
  moments: () => import("./moments/MomentsPage.svelte"),
  snapshot: () => import("./snapshot/SnapshotPage.svelte"),
  setup: () => import("./setup/SetupPage.svelte"),
};
