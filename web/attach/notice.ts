// What came of a verb, as the sentence that the page shows.

import type { AttachStrings } from "../text/attach_en.ts";
import { hostOf } from "./endpoints.ts";
import type { Refused, Silence } from "./gateway.ts";

/** @param endpoint whom we asked; null when nobody could be. */
export function failureSentence(
  asked: Refused | Silence,
  at: {
    readonly name: string;
    readonly endpoint: string | null;
    readonly text: AttachStrings;
    readonly origin: string;
  },
): string {
  if (asked.kind === "refused") return at.text.refused(at.name, asked.says);
  return at.text.silence(asked.why, at.endpoint === null ? at.name : hostOf(at.endpoint), at.origin);
}
