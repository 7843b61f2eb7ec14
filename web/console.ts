// Puts `window.flotilla` on the page; console_api.ts says what it offers.

import type { FlotillaConsole } from "./console_api.ts";
import { nameOf, shownRole } from "./state/reading.ts";
import type { Session } from "./state/session.svelte.ts";

declare global {
  interface Window {
    flotilla: FlotillaConsole;
  }
}

const HELP = `Flotilla: a Raft cluster in this tab.

  flotilla.members()              what every member knows of itself
  flotilla.leader()               name of the leader, or null
  flotilla.crash("infra1")        kill -9: its worker ends, its disk stays
  flotilla.restart("infra1")      it reads its disk and comes back
  flotilla.pause("infra1")        kill -STOP;  flotilla.resume("infra1")
  flotilla.elect("infra2")        its election timer strikes now
  flotilla.cut("infra1", "infra2")          no message passes, either way
  flotilla.cut("infra1", "infra2", true)    infra2 no longer hears infra1
  flotilla.mend("infra1", "infra2");  flotilla.heal()
  flotilla.slowDisk("infra1", 50); flotilla.fillDisk("infra1"); flotilla.freeDisk("infra1")
  flotilla.transfer("infra2"); flotilla.remove("infra3"); flotilla.promote("infra4")
  await flotilla.put("x", "7")    also put("x", "7", "infra3"): through infra3
  await flotilla.get("x")         also get("x", { at: "infra3", serializable: true })
  await flotilla.del("x")
  flotilla.speed(1/80)            cluster seconds per real second
  flotilla.pauseClock();  flotilla.resumeClock()
  await flotilla.lookAt(1200)     a moment of the past; lookAt(null): the present;  flotilla.run()
  await flotilla.startOver({ size: 5 })     a new cluster; the disks are thrown away`;

export function installConsole(session: Session): void {
  globalThis.window.flotilla = {
    help: () => console.log(HELP),
    members: () =>
      session.frame.members.map((member) => ({
        name: member.name,
        id: member.id,
        role: shownRole(member),
        term: member.view?.term ?? 0,
        leader: member.view?.leader ? nameOf(session.frame, member.view.leader) : null,
        commit: member.view?.commit ?? 0,
        applied: member.view?.applied ?? 0,
        lastIndex: member.view?.lastIndex ?? 0,
        revision: member.view?.revision ?? 0,
        hash: member.view?.kvHash ?? "",
      })),
    leader: () => session.leader?.name ?? null,
    crash: (name) => session.crash(name),
    restart: (name) => session.restart(name),
    pause: (name) => session.pause(name),
    resume: (name) => session.resume(name),
    elect: (name) => session.elect(name),
    cut: (a, b, oneWay) => session.cut(a, b, oneWay),
    mend: (a, b, oneWay) => session.mend(a, b, oneWay),
    heal: () => session.heal(),
    slowDisk: (name, delayMs) => session.operate({ kind: "slowDisk", name, delayMs }),
    fillDisk: (name) => session.operate({ kind: "fillDisk", name }),
    freeDisk: (name) => session.operate({ kind: "freeDisk", name }),
    transfer: (name) => session.operate({ kind: "transfer", name }),
    remove: (name) => session.operate({ kind: "remove", name }),
    promote: (name) => session.operate({ kind: "promote", name }),
    put: (key, value, at) => session.put(key, value, at),
    get: (key, options) => session.get(key, options),
    del: (key, at) => session.del(key, at),
    speed: (scale) => session.speed(scale),
    pauseClock: () => session.pauseClock(),
    resumeClock: () => session.resumeClock(),
    lookAt: async (ms) => {
      if (ms === null) session.time.now();
      else await session.time.machine.lookAt(ms);
    },
    run: () => {
      const { lane, kind } = session.time.machine;
      const eventNumber = session.time.eventNumber;
      return { letter: lane.letter, kind, nowMs: session.now(), eventNumber, hash: session.time.hash };
    },
    startOver: (plan = {}) => session.startOver({ ...session.frame.plan, ...plan }),
  };
}
