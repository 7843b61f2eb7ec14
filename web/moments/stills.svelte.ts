// Stills of the moments, made once in a worker and kept for the visit. Without one, cards have words only.

import { SvelteMap } from "svelte/reactivity";
import type { Still } from "../../core/timeline/moments/mod.ts";
import type { StillReport } from "../../workers/moments/stills_worker.ts";

const stills = new SvelteMap<string, Still>();
let begun = false;

/** The stills that are there so far; the first who asks has them made. */
export function stillsSoFar(): SvelteMap<string, Still> {
  if (!begun) {
    begun = true;
    try {
      const worker = new Worker(new URL("../../workers/moments/stills_worker.ts", import.meta.url), {
        type: "module",
        name: "flotilla-stills",
      });
      worker.onmessage = ({ data }: MessageEvent<StillReport>) => stills.set(data.slug, data.still);
      // Pictures are a help, not the thing: nothing is said when they do not come.
      worker.onerror = () => worker.terminate();
    } catch {
      // No workers here.
    }
  }
  return stills;
}
