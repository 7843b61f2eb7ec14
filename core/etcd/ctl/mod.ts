// The door of the command line.

export { complete, type Completion, type CompletionWorld, type Suggestion } from "./completion.ts";
export { CTL_API_VERSION, CTL_VERSION } from "./commands.ts";
export { pastedLines, runLine } from "./shell.ts";
export {
  type CtlAnswer,
  type CtlResume,
  type CtlRun,
  type CtlStep,
  type CtlWorld,
  EXIT,
  type WatchNews,
} from "./step.ts";
