// Being asked to stop by the terminal or by a supervisor.

import type { Log } from "./log.ts";

/** Resolves at the first SIGINT or SIGTERM. */
export function signalled(log: Log): Promise<"signal"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => {
        log.info("etcdmain", `received ${signal}, stopping`);
        resolve("signal");
      });
    }
  });
}
