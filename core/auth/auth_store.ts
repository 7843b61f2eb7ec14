// Users, roles and what they may do, as the log builds them: the same on every member. Mirrors etcd 3.4's auth/store.go,
// errors and all. Tokens are no part of it: they live with the member that gave them out (member/token_book.ts).

import { fromHex, toHex } from "../base/bytes.ts";
import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import { unreachable } from "../base/assert.ts";
import { keySpanOf, keyTextOf } from "../kv/key_text.ts";
import { coverOf, covers, type KeyCover } from "./key_cover.ts";
import {
  type AuthAnswer,
  type AuthInfo,
  type AuthRequest,
  type PasswordRecord,
  type Permission,
  type PermissionType,
  ROOT,
} from "./requests.ts";

export interface User {
  readonly name: string;
  /** bcrypt's text form; "" for a user without a password. */
  readonly passwordHash: string;
  /** Known by a certificate only. */
  readonly noPassword: boolean;
  /** Sorted. */
  readonly roles: readonly string[];
}

export interface Role {
  readonly name: string;
  /** Sorted by key. */
  readonly permissions: readonly Permission[];
}

/** Plain data; keys in hex, so that it goes through JSON. */
export interface AuthStoreState {
  readonly enabled: boolean;
  readonly revision: number;
  readonly users: readonly User[];
  readonly roles: readonly {
    readonly name: string;
    readonly permissions: readonly {
      readonly type: PermissionType;
      readonly key: string;
      readonly rangeEnd: string;
    }[];
  }[];
}

/** A new store's revision: etcd begins by counting its own making. */
const FIRST_AUTH_REVISION = 1;

const NO_USERS: AuthStoreState = { enabled: false, revision: FIRST_AUTH_REVISION, users: [], roles: [] };

interface Covers {
  readonly read: KeyCover;
  readonly write: KeyCover;
}

export class AuthStore {
  #enabled: boolean;
  /** Grows with every change of users and roles; a request let in under an older one is refused. */
  #revision: number;
  readonly #users: Map<string, User>;
  readonly #roles: Map<string, Role>;
  /** What each user's roles cover, worked out when first asked for after a change. */
  readonly #covers = new Map<string, Covers>();

  constructor(state: AuthStoreState = NO_USERS) {
    this.#enabled = state.enabled;
    this.#revision = state.revision;
    this.#users = new Map(state.users.map((user) => [user.name, user]));
    this.#roles = new Map(state.roles.map(({ name, permissions }) => [name, {
      name,
      permissions: permissions.map(({ type, key, rangeEnd }) => ({
        type,
        key: fromHex(key),
        rangeEnd: fromHex(rangeEnd),
      })),
    }]));
  }

  /** A store that holds these. */
  static of(
    { enabled, users, roles, revision = FIRST_AUTH_REVISION }: {
      readonly enabled: boolean;
      readonly users: readonly User[];
      readonly roles: readonly Role[];
      readonly revision?: number;
    },
  ): AuthStore {
    const store = new AuthStore({ enabled, revision, users, roles: [] });
    for (const role of roles) store.#roles.set(role.name, role);
    return store;
  }

  capture(): AuthStoreState {
    return {
      enabled: this.#enabled,
      revision: this.#revision,
      users: sortedByName(this.#users),
      roles: sortedByName(this.#roles).map(({ name, permissions }) => ({
        name,
        permissions: permissions.map(({ type, key, rangeEnd }) => ({
          type,
          key: toHex(key),
          rangeEnd: toHex(rangeEnd),
        })),
      })),
    };
  }

  /** True when nothing was ever said of users and roles. */
  get isNew(): boolean {
    return this.#revision === FIRST_AUTH_REVISION && !this.#enabled;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Sorted by name. */
  users(): readonly User[] {
    return sortedByName(this.#users);
  }

  /** Sorted by name. */
  roles(): readonly Role[] {
    return sortedByName(this.#roles);
  }

  /** What a password is to be compared with. (the first half of etcd's CheckPassword) */
  passwordOf(name: string): PasswordRecord | EtcdError {
    if (!this.#enabled) return ETCD_ERRORS.authNotEnabled;
    const user = this.#users.get(name);
    if (!user) return ETCD_ERRORS.authFailed;
    if (user.noPassword) return ETCD_ERRORS.noPasswordUser;
    return { kind: "password", passwordHash: user.passwordHash, authRevision: this.#revision };
  }

  // --- What one may do -----------------------------------------------------------------------------------------

  /** Why this user may not read all of the range, or null. */
  refusalOfRead(info: AuthInfo, key: Uint8Array, rangeEnd: Uint8Array): EtcdError | null {
    return this.#refusalOf(info, "read", key, rangeEnd);
  }

  /** Why this user may not write all of the range, or null. */
  refusalOfWrite(info: AuthInfo, key: Uint8Array, rangeEnd: Uint8Array): EtcdError | null {
    return this.#refusalOf(info, "write", key, rangeEnd);
  }

  /** Why this user may not do what only root may, or null. */
  refusalOfAdmin({ username }: AuthInfo): EtcdError | null {
    if (!this.#enabled) return null;
    if (username === "") return ETCD_ERRORS.userEmpty;
    const user = this.#users.get(username);
    if (!user) return ETCD_ERRORS.userNotFound;
    return isRoot(user) ? null : ETCD_ERRORS.permissionDenied;
  }

  #refusalOf(
    info: AuthInfo,
    what: "read" | "write",
    key: Uint8Array,
    rangeEnd: Uint8Array,
  ): EtcdError | null {
    if (!this.#enabled) return null;
    if (info.revision === 0) return ETCD_ERRORS.userEmpty;
    // Who has lost a permission since the request was let in must not use it any more.
    if (info.revision < this.#revision) return ETCD_ERRORS.authOldRevision;
    const user = this.#users.get(info.username);
    if (!user) return ETCD_ERRORS.permissionDenied;
    if (isRoot(user) || covers(this.#coversOf(user)[what], key, rangeEnd)) return null;
    return ETCD_ERRORS.permissionDenied;
  }

  #coversOf(user: User): Covers {
    const known = this.#covers.get(user.name);
    if (known) return known;
    const permissions = user.roles.flatMap((role) => this.#roles.get(role)?.permissions ?? []);
    const coverFor = (what: "read" | "write") =>
      coverOf(
        permissions.filter(({ type }) => type === what || type === "readWrite")
          .map(({ key, rangeEnd }) => keySpanOf(key, rangeEnd)),
      );
    const made = { read: coverFor("read"), write: coverFor("write") };
    this.#covers.set(user.name, made);
    return made;
  }

  // --- What the log says ---------------------------------------------------------------------------------------

  /** @param index of the entry: it becomes part of a token. */
  apply(request: AuthRequest, info: AuthInfo, index: number): AuthAnswer {
    switch (request.kind) {
      case "authenticate":
        return this.#authenticate(request, index);
      default:
        return (this.#isOwn(request, info) ? null : this.refusalOfAdmin(info)) ?? this.#carryOut(request);
    }
  }

  /** Root may look at everything, others at themselves and at their roles. */
  #isOwn(request: AuthRequest, { username }: AuthInfo): boolean {
    if (request.kind === "userGet") return request.name === username;
    if (request.kind !== "roleGet") return false;
    return this.#users.get(username)?.roles.includes(request.name) ?? false;
  }

  #authenticate(
    { name, simpleToken }: Extract<AuthRequest, { kind: "authenticate" }>,
    index: number,
  ): AuthAnswer {
    if (!this.#enabled) return ETCD_ERRORS.authNotEnabled;
    const user = this.#users.get(name);
    if (!user || user.noPassword) return ETCD_ERRORS.authFailed;
    return { kind: "token", token: `${simpleToken}.${index}` };
  }

  #userGet(name: string): AuthAnswer {
    const user = this.#users.get(name);
    return user ? { kind: "user", roles: user.roles } : ETCD_ERRORS.userNotFound;
  }

  #roleGet(name: string): AuthAnswer {
    const role = this.#roles.get(name);
    return role ? { kind: "role", permissions: role.permissions } : ETCD_ERRORS.roleNotFound;
  }

  #carryOut(
    request: Exclude<AuthRequest, { readonly kind: "authenticate" }>,
  ): AuthAnswer {
    switch (request.kind) {
      case "userGet":
        return this.#userGet(request.name);
      case "roleGet":
        return this.#roleGet(request.name);
      case "authEnable":
        return this.#enable();
      case "authDisable":
        if (this.#enabled) this.#changed();
        this.#enabled = false;
        return { kind: "done" };
      case "userList":
        return { kind: "names", names: this.users().map(({ name }) => name) };
      case "roleList":
        return { kind: "names", names: this.roles().map(({ name }) => name) };
      case "userAdd": {
        const { name, passwordHash, noPassword } = request;
        if (name === "") return ETCD_ERRORS.userEmpty;
        if (this.#users.has(name)) return ETCD_ERRORS.userAlreadyExists;
        return this.#putUser({ name, passwordHash: noPassword ? "" : passwordHash, noPassword, roles: [] });
      }
      case "userDelete":
        if (this.#enabled && request.name === ROOT) return ETCD_ERRORS.invalidAuthManagement;
        return this.#users.delete(request.name) ? this.#changed() : ETCD_ERRORS.userNotFound;
      case "userChangePassword":
        return this.#withUser(
          request.name,
          (user) => this.#putUser({ ...user, passwordHash: request.passwordHash }),
        );
      case "userGrantRole":
        return this.#withUser(request.name, (user) => this.#grantRole(user, request.role));
      case "userRevokeRole":
        if (this.#enabled && request.name === ROOT && request.role === ROOT) {
          return ETCD_ERRORS.invalidAuthManagement;
        }
        return this.#withUser(request.name, (user) => {
          if (!user.roles.includes(request.role)) return ETCD_ERRORS.roleNotGranted;
          return this.#putUser(without(user, request.role));
        });
      case "roleAdd":
        if (request.name === "") return ETCD_ERRORS.roleEmpty;
        if (this.#roles.has(request.name)) return ETCD_ERRORS.roleAlreadyExists;
        return this.#putRole({ name: request.name, permissions: [] });
      case "roleDelete":
        return this.#deleteRole(request.name);
      case "roleGrantPermission":
        return this.#withRole(request.name, (role) => this.#putRole(granted(role, request.permission)));
      case "roleRevokePermission":
        return this.#withRole(request.name, (role) => {
          const permissions = role.permissions.filter((held) => !isSameRange(held, request));
          if (permissions.length === role.permissions.length) return ETCD_ERRORS.permissionNotGranted;
          return this.#putRole({ ...role, permissions });
        });
      default:
        return unreachable(request);
    }
  }

  #enable(): AuthAnswer {
    if (this.#enabled) return { kind: "done" };
    const root = this.#users.get(ROOT);
    if (!root) return ETCD_ERRORS.rootUserNotExist;
    if (!isRoot(root)) return ETCD_ERRORS.rootRoleNotExist;
    this.#enabled = true;
    return { kind: "done" };
  }

  #grantRole(user: User, role: string): AuthAnswer {
    // The role root need not exist to be granted.
    if (role !== ROOT && !this.#roles.has(role)) return ETCD_ERRORS.roleNotFound;
    if (user.roles.includes(role)) return { kind: "done" };
    return this.#putUser({ ...user, roles: [...user.roles, role].sort() });
  }

  #deleteRole(name: string): AuthAnswer {
    if (this.#enabled && name === ROOT) return ETCD_ERRORS.invalidAuthManagement;
    if (!this.#roles.delete(name)) return ETCD_ERRORS.roleNotFound;
    for (const user of this.#users.values()) {
      if (user.roles.includes(name)) this.#users.set(user.name, without(user, name));
    }
    return this.#changed();
  }

  #withUser(name: string, change: (user: User) => AuthAnswer): AuthAnswer {
    const user = this.#users.get(name);
    return user ? change(user) : ETCD_ERRORS.userNotFound;
  }

  #withRole(name: string, change: (role: Role) => AuthAnswer): AuthAnswer {
    const role = this.#roles.get(name);
    return role ? change(role) : ETCD_ERRORS.roleNotFound;
  }

  #putUser(user: User): AuthAnswer {
    this.#users.set(user.name, user);
    return this.#changed();
  }

  #putRole(role: Role): AuthAnswer {
    this.#roles.set(role.name, role);
    return this.#changed();
  }

  #changed(): AuthAnswer {
    this.#revision += 1;
    this.#covers.clear();
    return { kind: "done" };
  }
}

function isRoot(user: User): boolean {
  return user.roles.includes(ROOT);
}

function without(user: User, role: string): User {
  return { ...user, roles: user.roles.filter((held) => held !== role) };
}

/** A second grant for the same range changes its type. */
function granted(role: Role, permission: Permission): Role {
  const others = role.permissions.filter((held) => !isSameRange(held, permission));
  const permissions = [...others, permission].sort((a, b) => compareKeys(a, b));
  return { ...role, permissions };
}

function compareKeys(a: Permission, b: Permission): number {
  const [left, right] = [keyTextOf(a.key), keyTextOf(b.key)];
  return left < right ? -1 : left > right ? 1 : 0;
}

type Range = Pick<Permission, "key" | "rangeEnd">;

function isSameRange(a: Range, b: Range): boolean {
  return keyTextOf(a.key) === keyTextOf(b.key) && keyTextOf(a.rangeEnd) === keyTextOf(b.rangeEnd);
}

function sortedByName<T extends { readonly name: string }>(named: ReadonlyMap<string, T>): T[] {
  return [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
