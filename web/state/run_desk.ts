// All that replayable runs need, in one piece that is loaded when the first of them is: the simulator, files, links.

export { SimRun } from "../../core/timeline/run.ts";
export { fileOf, openRun, readRunText, runFileToText } from "../../core/timeline/run_file.ts";
export { SimCluster } from "../../workers/browser/sim_cluster.ts";
export { LINK_LENGTH_MAX, readRunQuery, runQuery } from "../../workers/share/run_link.ts";
