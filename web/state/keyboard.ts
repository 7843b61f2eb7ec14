// One key per verb. Keys act on the selected member, or on the leader when none is selected; never while somebody types.

import type { Session } from "./session.svelte.ts";
import { pressTimeKey } from "./time_keys.ts";

/** True when a key press belongs to a field or to a control that uses it itself. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof Element)) return false;
  if (target.closest("input, select, textarea, [contenteditable]")) return true;
  return event.key === " " && target.closest("button, [role=button], [role=tab]") !== null;
}

/** Performs the verb of a key. Returns whether there was one. */
export function pressKey(event: KeyboardEvent, session: Session): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return false;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (pressTimeKey(event, session)) return true;
  const target = session.selected ?? session.leader;
  const digit = /^[1-9]$/.test(key) ? Number(key) : 0;
  if (digit > 0) {
    const member = session.members[digit - 1];
    if (member !== undefined) session.select(member.name);
    return member !== undefined;
  }
  switch (key) {
    case "x": {
      // On a first visit the key belongs to the button that shows it: it brings back whom it crashed.
      const crashed = session.firstRun.active
        ? session.members.find(({ name, state }) => name === session.firstRun.crashed && state === "stopped")
        : undefined;
      if (crashed !== undefined) {
        session.act(session.restart(crashed.name));
        return true;
      }
      if (target === null) return false;
      session.act(
        target.state === "stopped" || target.state === "refused"
          ? session.restart(target.name)
          : session.crash(target.name),
      );
      return true;
    }
    case "z":
      if (target === null) return false;
      session.act(target.state === "paused" ? session.resume(target.name) : session.pause(target.name));
      return true;
    case "e":
      if (target === null) return false;
      session.act(session.elect(target.name));
      return true;
    case "c":
      session.act(session.writeNext(session.selected?.name));
      return true;
    case "h":
      session.act(session.heal());
      return true;
    case "s":
      session.bench.toggle("spacetime");
      return true;
    case "v":
      session.bench.toggle("history");
      return true;
    case "k":
      session.bench.toggle("terminal");
      return true;
    case "m":
      session.bench.toggle("meters");
      return true;
    case "l":
      session.bench.toggle("events");
      return true;
    case " ":
      session.toggleClock();
      return true;
    case "[":
      session.speedStep(-1);
      return true;
    case "]":
      session.speedStep(1);
      return true;
    case "0":
      session.paceByItself();
      return true;
    case "?":
      session.helpOpen = !session.helpOpen;
      return true;
    case "Escape":
      if (session.menu !== null) session.menu = null;
      else if (session.bench.message !== null) session.bench.message = null;
      else if (session.helpOpen) session.helpOpen = false;
      else if (session.asked !== null) session.asked = null;
      else if (session.tool === "knife") session.tool = "select";
      else {
        session.selectedName = null;
        session.inspectorOpen = false;
      }
      return true;
    default:
      return false;
  }
}
