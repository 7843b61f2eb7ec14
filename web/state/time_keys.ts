// The keys of time: back and forth by event, by one worth a mark with Shift; to the present; a branch from here.

import type { Session } from "./session.svelte.ts";

/** Performs what a key means for time. Returns whether it meant anything. */
export function pressTimeKey(event: KeyboardEvent, session: Session): boolean {
  const { time } = session;
  switch (event.key) {
    case ",":
    case "<":
    case "ArrowLeft":
      if (isArrowOfAnother(event)) return false;
      time.step(-1, event.shiftKey);
      return true;
    case ".":
    case ">":
    case "ArrowRight":
      if (isArrowOfAnother(event)) return false;
      time.step(1, event.shiftKey);
      return true;
    case "n":
    case "N":
      if (!time.isPast) return false;
      time.now();
      return true;
    case "f":
    case "F":
      time.branch();
      return true;
    case "Escape":
      if (!time.isPast) return false;
      time.now();
      return true;
    default:
      return false;
  }
}

/** Lists, tabs and menus walk with the arrows themselves. */
function isArrowOfAnother(event: KeyboardEvent): boolean {
  if (!event.key.startsWith("Arrow")) return false;
  return event.target instanceof Element &&
    event.target.closest("[role=menu], [role=tablist], [role=grid], [data-arrows]") !== null;
}
