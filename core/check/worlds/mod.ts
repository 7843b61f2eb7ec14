// Exhaustive small worlds: the real core under every order of messages, loss, repetition and crash that its bounds allow.

export { assertBounds, BARE_BOUNDS, type WorldBounds } from "./bounds.ts";
export {
  explore,
  type ExploreOptions,
  type ExploreProgress,
  type WorldFinding,
  type WorldsReport,
} from "./explore.ts";
