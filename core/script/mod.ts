// The door of the scenario language.

export { EVENT_KINDS } from "./show_words.ts";
export { describeEvent, type EventContext } from "./describe_event.ts";
export { differenceText, type PlayedStep, playScenario, replayedText } from "./play.ts";
export { conditionUsages, troubleWith } from "./conditions.ts";
export type { ClusterNow, Happening, MemberNow, Moment, WatchTold } from "./happening.ts";
export {
  answerKeys,
  type Block,
  type GlossaryTerm,
  type Inline,
  isSayable,
  judge,
  type Judgement,
  type Language,
  LANGUAGES,
  type Lesson,
  type LessonCondition,
  type LessonStep,
  type LessonText,
  type Prediction,
  type PredictionKind,
  type PredictionText,
  type Said,
  type StepText,
} from "./lesson.ts";
export { type PlayedLessonStep, playLesson } from "./lesson_play.ts";
export { plainText } from "./lesson_prose.ts";
export {
  type FileProblem,
  LESSON_FILES,
  type LessonFiles,
  PARTS,
  readGlossary,
  readLesson,
} from "./lesson_reader.ts";
export {
  type ChecklistItem,
  type LessonPhase,
  type LessonProgress,
  LessonRun,
  type Reveal,
} from "./lesson_run.ts";
export { Journal, type JournalEvent } from "./journal.ts";
export {
  parseCommand,
  type ParsedCommand,
  parseScenario,
  rewriteScenario,
  type ScenarioStep,
} from "./parse.ts";
export { ScenarioError } from "./scenario_error.ts";
export { ScenarioRunner, USAGES } from "./scenario_runner.ts";
export {
  type CampaignCause,
  type Description,
  type SentenceKey,
  sentenceOf,
  type Sentences,
  type SentenceValues,
} from "./sentences.ts";
export { CHINESE } from "./sentences_zh.ts";
export { ENGLISH } from "./sentences_en.ts";
export {
  MACHINE_COUNT_MAX,
  type MachineSetup,
  planSetup,
  type SetupForm,
  type SetupMachine,
  type SetupMethod,
  type SetupPlan,
  TUTORIALS,
} from "./setup_plan.ts";
export { setupSentence, type SetupWarning, type SetupWarningKey } from "./setup_sentences.ts";
export { type Carry, Stage, type Wait, type Waits } from "./stage.ts";
export { RecordedRun, RunReporter, type StageRun } from "./stage_run.ts";
export { clusterNow } from "./stage_now.ts";
export { type Era, StartModel, type StartOutcome, type StartResult } from "./start_model.ts";
