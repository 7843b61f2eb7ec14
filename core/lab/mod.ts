// The door of the sizing lab.

export { type Cell } from "./agreement.ts";
export { type Advice, adviseSize, type SizeVerdict, type Wishes } from "./chooser.ts";
export { type CommitLatency, commitLatency, latencyPoints } from "./commit_latency.ts";
export { csvOf, failureFields, type Field, type PlainTable, sizeTableFields, yearsFields } from "./csv.ts";
export { type FailureFinding, Findings } from "./findings.ts";
export { figuresOf, quorumOf, type SizeFigures, toleratedFailures, workingSubsets } from "./formulas.ts";
export type { Interval } from "./interval.ts";
export { LINK_PLANS, type LinkName, type LinkPlan, refusalOfLinks, UNITS_PER_MS } from "./links.ts";
export type { CutVerdict } from "./measured/cuts.ts";
export type { Verdict } from "./measured/probe.ts";
export { WRITES_PER_BLOCK } from "./measured/writes.ts";
export { HOURS_PER_YEAR, YEARS_PER_BLOCK, type YearsFigures, yearsFigures } from "./monte_carlo.ts";
export { finish, type LabProgress, type LabRun } from "./progress.ts";
export {
  type LabSentence,
  labSentence,
  type LabSentenceKey,
  type LabSentences,
  msText,
  percentText,
} from "./sentences.ts";
export { LAB_ENGLISH } from "./sentences_en.ts";
export { LAB_CHINESE } from "./sentences_zh.ts";
export {
  type FailurePlan,
  independentPlan,
  refusalOfPlan,
  type SharedFigures,
  sharedFigures,
  type Stand,
  standsDealt,
  standsOf,
} from "./shared_failures.ts";
export { type SizeRow, type SizeTable, sizeTable } from "./size_table.ts";
export { type LabRefusal, SIZE_MAX, SIZES } from "./sizes.ts";
export { countIn, failureSubsets, placesIn, twoWayCuts } from "./subsets.ts";
export {
  type LabResult,
  type LabTask,
  overallProgress,
  runTask,
  splitTasks,
  tableTasks,
  writeTasks,
  yearsTask,
} from "./work.ts";
