// Who asks: the half of authentication that a member keeps to itself. Turns what a client shows into a name, and holds
// back those whose token is from an entry that this member has still to apply. (etcdserver's AuthInfoFromCtx)

import { type AuthInfo, type Credentials, isAuthRequest, NOBODY, ROOT } from "../auth/requests.ts";
import { ETCD_ERRORS, type EtcdError, isEtcdError } from "../base/etcd_error.ts";
import type { LogIndex } from "../base/ids.ts";
import type { AppliedCommand } from "./consensus.ts";
import type { ClientRequest, WatchMessage } from "./io.ts";
import type { MemberOptions } from "./options.ts";
import type { StateMachine } from "./state_machine.ts";
import { TokenBook, type TokenBookState, tokenIndex } from "./token_book.ts";

/** What a client said whose token this member may come to know. */
export interface HeldBack {
  readonly requestId: number;
  readonly said:
    | { readonly kind: "request"; readonly request: ClientRequest }
    | { readonly kind: "say"; readonly message: WatchMessage };
  readonly credentials: Credentials;
  /** The entry that gave the token out. */
  readonly index: LogIndex;
  readonly deadlineTick: number;
}

export interface AuthDeskState {
  readonly tokens: TokenBookState;
  readonly heldBack: readonly HeldBack[];
  readonly startedAt: LogIndex;
}

export class AuthDesk {
  readonly #tokens: TokenBook;
  /** In order of arrival. */
  #heldBack: HeldBack[];
  /**
   * End of the log when the member started. What entries up to here gave out is void: it may have been given out long
   * ago, and what has expired must not live again.
   */
  readonly #startedAt: LogIndex;

  constructor(options: MemberOptions, startedAt: LogIndex, from?: AuthDeskState) {
    this.#tokens = new TokenBook(Math.ceil(options.tokenTtlMs / options.timing.tickMs), from?.tokens);
    this.#heldBack = [...from?.heldBack ?? []];
    this.#startedAt = from?.startedAt ?? startedAt;
  }

  capture(): AuthDeskState {
    return {
      tokens: this.#tokens.capture(),
      heldBack: [...this.#heldBack],
      startedAt: this.#startedAt,
    };
  }

  /** Who this is, with the revision of users and roles as of now; or why that cannot be said. */
  whoIs(credentials: Credentials | null, { auth }: StateMachine, tick: number): AuthInfo | EtcdError {
    switch (credentials?.kind) {
      case undefined:
        return NOBODY;
      case "commonName":
        return { username: credentials.name, revision: auth.revision };
      case "member":
        return auth.enabled ? { username: ROOT, revision: auth.revision } : NOBODY;
      case "token": {
        const name = this.#tokens.use(credentials.token, tick);
        return name === null ? ETCD_ERRORS.invalidAuthToken : { username: name, revision: auth.revision };
      }
    }
  }

  /** Keeps what was said with a token is of an entry to come. False when there is nothing to wait for. */
  holdBack(
    held: Omit<HeldBack, "index" | "credentials">,
    credentials: Credentials | null,
    applied: LogIndex,
  ): boolean {
    if (credentials?.kind !== "token") return false;
    const index = tokenIndex(credentials.token);
    if (index === null || index <= applied) return false;
    this.#heldBack.push({ ...held, credentials, index });
    return true;
  }

  /** Those whose entry has been applied by now. */
  takeReady(applied: LogIndex): HeldBack[] {
    return this.#take(({ index }) => index <= applied);
  }

  /** Those who have waited long enough: nobody gave out that token. */
  takeExpired(tick: number): HeldBack[] {
    return this.#take(({ deadlineTick }) => deadlineTick <= tick);
  }

  cancel(requestId: number): void {
    this.#take((held) => held.requestId === requestId);
  }

  tick(tick: number): void {
    this.#tokens.tick(tick);
  }

  onApplied({ index, request, answer }: AppliedCommand, tick: number): void {
    if (!isAuthRequest(request) || isEtcdError(answer)) return;
    switch (request.kind) {
      case "authenticate":
        if (answer.kind === "token" && index > this.#startedAt) {
          this.#tokens.assign(answer.token, request.name, tick);
        }
        return;
      case "userDelete":
      case "userChangePassword":
        return this.#tokens.invalidate(request.name);
      case "authDisable":
        return this.#tokens.clear();
    }
  }

  #take(isMeant: (held: HeldBack) => boolean): HeldBack[] {
    if (this.#heldBack.length === 0) return [];
    const taken = this.#heldBack.filter(isMeant);
    this.#heldBack = this.#heldBack.filter((held) => !isMeant(held));
    return taken;
  }
}
