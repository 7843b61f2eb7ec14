// From a moment's name to a link that opens it, with what was staged after it still to come.

import { MOMENTS, stagedRun } from "../../core/timeline/moments/mod.ts";
import { fileOf } from "../../core/timeline/run_file.ts";
import { runQuery } from "../../workers/share/run_link.ts";

/**
 * What stands behind `#/run?` for this moment, its name among it; null when there is no such moment.
 * @throws StagingError when the core no longer plays it as it was written.
 */
export async function momentQuery(slug: string): Promise<URLSearchParams | null> {
  const moment = MOMENTS.find((known) => known.slug === slug);
  if (moment === undefined) return null;
  const run = stagedRun(moment);
  const query = await runQuery({ ...fileOf(run), actions: run.actions });
  query.set("m", slug);
  return query;
}
