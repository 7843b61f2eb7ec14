// The border of the command line: what a command wants done, as steps of a generator. The command decides and words;
// whoever runs it (a page, a test, a process) asks the members, waits, and shows the text. So the same etcdctl speaks to
// workers in a tab and to a simulated cluster, and a transcript can be tested without either.

import type { ClientRequest, ClientResponse, WatchCreate } from "../../member/io.ts";

/** One thing a command wants. The type in brackets is what the generator is resumed with. */
export type CtlStep =
  /** Shows lines; `text` has no newline at its end. [nothing] */
  | { readonly kind: "print"; readonly stream: "out" | "error"; readonly text: string }
  /** Asks the member at an endpoint, as the user wrote it. [CtlAnswer] */
  | { readonly kind: "ask"; readonly endpoint: string; readonly request: ClientRequest }
  /** Opens a watch. [WatchNews, and after each one the next, until the command returns] */
  | { readonly kind: "watch"; readonly endpoint: string; readonly create: WatchCreate }
  /** The next news of the open watch. [WatchNews] */
  | { readonly kind: "watchNext" }
  /** The next line of what was typed or pasted after the command. [string, or null at the end of input] */
  | { readonly kind: "line"; readonly prompt: string }
  /** So many milliseconds of the cluster's time pass. [nothing] */
  | { readonly kind: "wait"; readonly ms: number }
  /** Does something to a process of the Procfile. [null, or why not] */
  | { readonly kind: "process"; readonly verb: "start" | "stop" | "restart"; readonly name: string };

export type CtlAnswer =
  | { readonly kind: "answered"; readonly response: ClientResponse; readonly tookMs: number }
  /** Nobody took the request, or nobody answered in time. */
  | { readonly kind: "unreachable" };

export type WatchNews =
  | { readonly kind: "response"; readonly response: ClientResponse }
  | { readonly kind: "ended" };

export type CtlResume = CtlAnswer | WatchNews | string | null | undefined;

/** A command at work; it returns its exit code. */
export type CtlRun<Result = number> = Generator<CtlStep, Result, CtlResume>;

/** Exit codes of etcdctl 3.4. (etcdctl/ctlv3/command/error.go) */
export const EXIT = {
  success: 0,
  error: 1,
  badConnection: 2,
  invalidInput: 3,
  badFeature: 4,
  interrupted: 5,
  badArgs: 128,
} as const;

/** What the world around the command line is. */
export interface CtlWorld {
  /** Used where a command names none. */
  readonly endpoints: readonly string[];
  /** The processes of the Procfile, in its order. */
  readonly processes: readonly { readonly name: string; readonly isRunning: boolean }[];
  /** Becomes part of the id of a member that is added. Whole seconds since 1970. */
  readonly unixSeconds: number;
}

/** Stops a command with a message and an exit code; caught where commands are run. */
export class CtlFailure extends Error {
  override name = "CtlFailure";
  readonly exitCode: number;

  /** @param message what follows "Error: "; empty when all was said already. */
  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function* print(text: string): CtlRun<void> {
  yield { kind: "print", stream: "out", text };
}

export function* complain(text: string): CtlRun<void> {
  yield { kind: "print", stream: "error", text };
}

/** Asks for a line of input; null at its end. */
export function* readLine(prompt: string): CtlRun<string | null> {
  const line = yield { kind: "line", prompt };
  return typeof line === "string" ? line : null;
}

/** Asks one endpoint. */
export function* askEndpoint(endpoint: string, request: ClientRequest): CtlRun<CtlAnswer> {
  const answer = yield { kind: "ask", endpoint, request };
  return typeof answer === "object" && answer !== null &&
      (answer.kind === "answered" || answer.kind === "unreachable")
    ? answer
    : { kind: "unreachable" };
}
