// The door of the scenario language.

export { EVENT_KINDS } from "./show_words.ts";
export { describeEvent, type EventContext } from "./describe_event.ts";
export { differenceText, type PlayedStep, playScenario, replayedText } from "./play.ts";
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
export { Stage } from "./stage.ts";
