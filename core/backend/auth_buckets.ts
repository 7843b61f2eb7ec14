// Users and roles in etcd's database: the buckets auth, authUsers and authRoles. (auth/store.go)

import { AuthStore, type Role, type User } from "../auth/auth_store.ts";
import { fromUtf8, utf8 } from "../base/bytes.ts";
import { decodeRole, decodeUser, encodeRole, encodeUser } from "../wire/auth_messages.ts";

const ENABLED = "authEnabled";
const REVISION = "authRevision";

type HeldPair = readonly [key: Uint8Array, value: Uint8Array];

/** Pairs in order of their keys, as a bucket wants them. */
export interface AuthBuckets {
  readonly auth: readonly HeldPair[];
  readonly authRoles: readonly HeldPair[];
  readonly authUsers: readonly HeldPair[];
}

export function authBuckets(store: AuthStore): AuthBuckets {
  const revision = new Uint8Array(8);
  new DataView(revision.buffer).setBigUint64(0, BigInt(store.revision));
  return {
    auth: [
      ...(store.enabled ? [[utf8(ENABLED), new Uint8Array([1])] as const] : []),
      [utf8(REVISION), revision],
    ],
    authRoles: store.roles().map((role) => [utf8(role.name), encodeRole(role)]),
    authUsers: store.users().map((user) => [utf8(user.name), encodeUser(user)]),
  };
}

/** Calls back for each pair of a bucket; the callback returns false when a pair makes no sense. */
type ForEachPair = (bucket: string, onPair: (key: Uint8Array, value: Uint8Array) => boolean) => void;

/** A database from before etcd had users has none of this. */
export function readAuthBuckets(forEachPair: ForEachPair): AuthStore {
  let enabled = false;
  let revision: number | undefined;
  const users: User[] = [], roles: Role[] = [];
  forEachPair("auth", (key, value) => {
    const name = fromUtf8(key);
    if (name === ENABLED) enabled = value.length === 1 && value[0] === 1;
    if (name !== REVISION) return true;
    revision = value.length === 8
      ? Number(new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0))
      : NaN;
    return Number.isSafeInteger(revision);
  });
  forEachPair("authUsers", (key, value) => {
    const user = decodeUser(value);
    if (user.kind === "malformed" || user.name !== fromUtf8(key)) return false;
    const { kind: _, ...fields } = user;
    users.push(fields);
    return true;
  });
  forEachPair("authRoles", (key, value) => {
    const role = decodeRole(value);
    if (role.kind === "malformed" || role.name !== fromUtf8(key)) return false;
    const { kind: _, ...fields } = role;
    roles.push(fields);
    return true;
  });
  return AuthStore.of({ enabled, users, roles, ...(revision === undefined ? {} : { revision }) });
}
