// The Auth service: users, roles, permissions, and the way from a password to a token. Requests that hold a password are
// read as a PasswordRequest: its host hashes or compares, which takes a while on purpose, and asks the member then.

import type { EtcdError } from "../base/etcd_error.ts";
import type { ClientRequest } from "../member/io.ts";
import { permissionFromWire, permissionToWire } from "../wire/auth_messages.ts";
import { Auth } from "../wire/gen/rpc_pb.ts";
import { unary, type UnaryMethod } from "../wire/rpc.ts";
import { type Answer, headerOf, resultOf } from "./answers.ts";
import type { CallContext } from "./services.ts";

/** What must not enter a member as it is. */
export type PasswordRequest =
  | { readonly kind: "authenticateBy"; readonly name: string; readonly password: string }
  | {
    readonly kind: "userAddWith";
    readonly name: string;
    readonly password: string;
  }
  | { readonly kind: "passwordTo"; readonly name: string; readonly password: string };

const PASSWORD_KINDS: ReadonlySet<string> = new Set<PasswordRequest["kind"]>([
  "authenticateBy",
  "userAddWith",
  "passwordTo",
]);

export function isPasswordRequest(request: { readonly kind: string }): request is PasswordRequest {
  return PASSWORD_KINDS.has(request.kind);
}

type Asked = ClientRequest | PasswordRequest | EtcdError;
type AuthMethod = UnaryMethod<Asked, CallContext, Answer>;

const asked = (request: Asked): Asked => request;
const headerOnly = (answer: Answer) => ({ header: headerOf(answer) });

export const AUTH_METHODS: readonly AuthMethod[] = [
  unary(Auth.method.authEnable, () => asked({ kind: "authEnable" }), headerOnly),
  unary(Auth.method.authDisable, () => asked({ kind: "authDisable" }), headerOnly),
  unary(
    Auth.method.authenticate,
    ({ name, password }) => asked({ kind: "authenticateBy", name, password }),
    (answer: Answer) => ({ header: headerOf(answer), token: resultOf(answer, "token").token }),
  ),
  unary(Auth.method.userAdd, ({ name, password, options }) => {
    const noPassword = options?.noPassword ?? false;
    return asked(
      noPassword
        ? { kind: "userAdd", name, passwordHash: "", noPassword }
        : { kind: "userAddWith", name, password },
    );
  }, headerOnly),
  unary(
    Auth.method.userGet,
    ({ name }) => asked({ kind: "userGet", name }),
    (answer: Answer) => ({ header: headerOf(answer), roles: [...resultOf(answer, "user").roles] }),
  ),
  unary(
    Auth.method.userList,
    () => asked({ kind: "userList" }),
    (answer: Answer) => ({ header: headerOf(answer), users: [...resultOf(answer, "names").names] }),
  ),
  unary(Auth.method.userDelete, ({ name }) => asked({ kind: "userDelete", name }), headerOnly),
  unary(
    Auth.method.userChangePassword,
    ({ name, password }) => asked({ kind: "passwordTo", name, password }),
    headerOnly,
  ),
  unary(
    Auth.method.userGrantRole,
    ({ user, role }) => asked({ kind: "userGrantRole", name: user, role }),
    headerOnly,
  ),
  unary(
    Auth.method.userRevokeRole,
    ({ name, role }) => asked({ kind: "userRevokeRole", name, role }),
    headerOnly,
  ),
  unary(Auth.method.roleAdd, ({ name }) => asked({ kind: "roleAdd", name }), headerOnly),
  unary(
    Auth.method.roleGet,
    ({ role }) => asked({ kind: "roleGet", name: role }),
    (answer: Answer) => ({
      header: headerOf(answer),
      perm: resultOf(answer, "role").permissions.map(permissionToWire),
    }),
  ),
  unary(
    Auth.method.roleList,
    () => asked({ kind: "roleList" }),
    (answer: Answer) => ({ header: headerOf(answer), roles: [...resultOf(answer, "names").names] }),
  ),
  unary(Auth.method.roleDelete, ({ role }) => asked({ kind: "roleDelete", name: role }), headerOnly),
  unary(
    Auth.method.roleGrantPermission,
    ({ name, perm }) => asked({ kind: "roleGrantPermission", name, permission: permissionFromWire(perm) }),
    headerOnly,
  ),
  unary(
    Auth.method.roleRevokePermission,
    ({ role, key, rangeEnd }) => asked({ kind: "roleRevokePermission", name: role, key, rangeEnd }),
    headerOnly,
  ),
];
