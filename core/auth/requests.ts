// What etcd's Auth service can be asked, as it travels through the log, and what is answered: etcdserverpb's Auth messages
// without their wire form.

import type { EtcdError } from "../base/etcd_error.ts";

/** The user whom, and the role that, nobody may take away while authentication is on. */
export const ROOT = "root";

/** Who asks. (auth.AuthInfo) */
export interface AuthInfo {
  /** "" when nobody said. */
  readonly username: string;
  /** Of the users and roles when the request was let in; 0 with an empty name. */
  readonly revision: number;
}

export const NOBODY: AuthInfo = { username: "", revision: 0 };

/** How a client says who it is. */
export type Credentials =
  /** What `authenticate` gave it. */
  | { readonly kind: "token"; readonly token: string }
  /** The name in its certificate, which the host has verified. */
  | { readonly kind: "commonName"; readonly name: string }
  /** The member itself, or another one on behalf of a client that it has checked. */
  | { readonly kind: "member" };

export type PermissionType = "read" | "write" | "readWrite";

export interface Permission {
  readonly type: PermissionType;
  readonly key: Uint8Array;
  /** As in a range request: empty for the key alone, one zero byte for every key from `key` on. */
  readonly rangeEnd: Uint8Array;
}

/** What changes users and roles, or reads them; all of it in the log's order. */
export type AuthRequest =
  | { readonly kind: "authEnable" | "authDisable" | "userList" | "roleList" }
  /** The password was right when the log was asked; `simpleToken` is the random part of the token-to-be. */
  | { readonly kind: "authenticate"; readonly name: string; readonly simpleToken: string }
  /**
   * Where etcd 3.4 lets every member hash the password when it applies the entry, here the member that was asked has
   * done so before: members stay equal, and no password is in the log. (etcd does so since 3.5.)
   */
  | {
    readonly kind: "userAdd";
    readonly name: string;
    readonly passwordHash: string;
    readonly noPassword: boolean;
  }
  | { readonly kind: "userChangePassword"; readonly name: string; readonly passwordHash: string }
  | { readonly kind: "userGet" | "userDelete"; readonly name: string }
  | { readonly kind: "userGrantRole" | "userRevokeRole"; readonly name: string; readonly role: string }
  | { readonly kind: "roleAdd" | "roleGet" | "roleDelete"; readonly name: string }
  | { readonly kind: "roleGrantPermission"; readonly name: string; readonly permission: Permission }
  | {
    readonly kind: "roleRevokePermission";
    readonly name: string;
    readonly key: Uint8Array;
    readonly rangeEnd: Uint8Array;
  };

export type AuthResult =
  | { readonly kind: "done" }
  | { readonly kind: "token"; readonly token: string }
  /** The user's roles, sorted. */
  | { readonly kind: "user"; readonly roles: readonly string[] }
  | { readonly kind: "role"; readonly permissions: readonly Permission[] }
  /** Users or roles, sorted. */
  | { readonly kind: "names"; readonly names: readonly string[] };

export type AuthAnswer = AuthResult | EtcdError;

/** What a member needs to check a password, as it stands at `authRevision`. */
export interface PasswordRecord {
  readonly kind: "password";
  readonly passwordHash: string;
  /** Of the users and roles. */
  readonly authRevision: number;
}

const AUTH_KINDS: ReadonlySet<string> = new Set<AuthRequest["kind"]>([
  "authEnable",
  "authDisable",
  "authenticate",
  "userAdd",
  "userGet",
  "userList",
  "userDelete",
  "userChangePassword",
  "userGrantRole",
  "userRevokeRole",
  "roleAdd",
  "roleGet",
  "roleList",
  "roleDelete",
  "roleGrantPermission",
  "roleRevokePermission",
]);

export function isAuthRequest(request: { readonly kind: string }): request is AuthRequest {
  return AUTH_KINDS.has(request.kind);
}
