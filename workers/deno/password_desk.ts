// Passwords: hashed before they are told to the member, compared before it is asked for a token. bcrypt is slow by
// design; here it works in small steps between everything else, so that no heartbeat is late. (etcd hashes when an
// entry is applied; see core/auth/requests.ts)

import bcrypt from "bcryptjs";
import { ETCD_ERRORS, type EtcdError, isEtcdError } from "../../core/base/etcd_error.ts";
import type { Credentials } from "../../core/auth/requests.ts";
import type { MemberPort } from "../../core/etcd/calls.ts";
import type { PasswordRequest } from "../../core/etcd/auth_services.ts";
import type { ClientRequest, ClientResponse } from "../../core/member/io.ts";

/** Of passwords being hashed or compared; more are refused. */
const AT_WORK_COUNT_MAX = 256;
const TOKEN_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const TOKEN_LENGTH = 16;

type OnAnswer = (answer: ClientResponse) => void;

export class PasswordDesk {
  readonly #member: MemberPort;
  readonly #cost: number;
  #atWork = 0;

  /** @param cost of bcrypt: 2 to this power is the number of rounds; 4 to 31. */
  constructor(member: MemberPort, cost: number) {
    this.#member = member;
    this.#cost = cost;
  }

  /** Does what the request asks for. @returns what to call when the client has gone. */
  ask(request: PasswordRequest, credentials: Credentials | undefined, onAnswer: OnAnswer): () => void {
    if (this.#atWork >= AT_WORK_COUNT_MAX) {
      onAnswer(ETCD_ERRORS.tooManyRequests);
      return () => {};
    }
    this.#atWork += 1;
    let isCancelled = false;
    this.#carryOut(request, credentials, () => isCancelled)
      .catch((error): EtcdError => ({ kind: "error", code: "unknown", message: (error as Error).message }))
      .then((answer) => {
        this.#atWork -= 1;
        if (!isCancelled) onAnswer(answer);
      });
    return () => {
      isCancelled = true;
    };
  }

  async #carryOut(
    request: PasswordRequest,
    credentials: Credentials | undefined,
    isCancelled: () => boolean,
  ): Promise<ClientResponse> {
    const { name, password } = request;
    switch (request.kind) {
      case "authenticateBy":
        return await this.#authenticate(name, password, isCancelled);
      case "userAddWith": {
        const passwordHash = await bcrypt.hash(password, this.#cost);
        return await this.#askMember({ kind: "userAdd", name, passwordHash, noPassword: false }, credentials);
      }
      case "passwordTo": {
        const passwordHash = await bcrypt.hash(password, this.#cost);
        return await this.#askMember({ kind: "userChangePassword", name, passwordHash }, credentials);
      }
    }
  }

  /** Once more when users or roles changed meanwhile: the password may have been another's. */
  async #authenticate(name: string, password: string, isCancelled: () => boolean): Promise<ClientResponse> {
    for (;;) {
      const before = await this.#passwordOf(name);
      if (isEtcdError(before)) return before;
      if (!await bcrypt.compare(password, before.passwordHash)) return ETCD_ERRORS.authFailed;
      if (isCancelled()) return ETCD_ERRORS.requestCancelled;
      const answer = await this.#askMember({ kind: "authenticate", name, simpleToken: randomToken() });
      if (isEtcdError(answer)) return answer;
      const after = await this.#passwordOf(name);
      if (isEtcdError(after)) return after;
      if (after.authRevision === before.authRevision) return answer;
    }
  }

  async #passwordOf(name: string) {
    const answer = await this.#askMember({ kind: "passwordOf", name });
    if (isEtcdError(answer)) return answer;
    if (answer.result.kind !== "password") throw new Error(`${answer.result.kind} for a password`);
    return answer.result;
  }

  #askMember(request: ClientRequest, credentials?: Credentials): Promise<ClientResponse> {
    return new Promise((resolve) => void this.#member.request(request, resolve, credentials));
  }
}

function randomToken(): string {
  let token = "";
  while (token.length < TOKEN_LENGTH) {
    // 208 is four times the letters: bytes beyond would make the first letters likelier.
    for (const byte of crypto.getRandomValues(new Uint8Array(TOKEN_LENGTH))) {
      if (byte < 4 * TOKEN_LETTERS.length && token.length < TOKEN_LENGTH) {
        token += TOKEN_LETTERS[byte % TOKEN_LETTERS.length];
      }
    }
  }
  return token;
}
