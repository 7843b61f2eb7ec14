// The requests of the Auth service as they stand in the log: the messages of the service itself, and
// InternalAuthenticateRequest. Where a message has a password, the log holds its hash.

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { Role, User } from "../auth/auth_store.ts";
import type { AuthRequest, Permission, PermissionType } from "../auth/requests.ts";
import { fromUtf8, utf8 } from "../base/bytes.ts";
import { decodeOrExplain, invert, type Malformed } from "./border.ts";
import { Permission_Type as WireType, RoleSchema, UserSchema } from "./gen/auth_pb.ts";
import type { Permission as WirePermission } from "./gen/auth_pb.ts";
import type { InternalRaftRequest, InternalRaftRequestSchema } from "./gen/raft_internal_pb.ts";

const TYPES: Readonly<Record<PermissionType, WireType>> = {
  read: WireType.READ,
  write: WireType.WRITE,
  readWrite: WireType.READWRITE,
};
const TYPE_NAMES = invert(TYPES);

/** etcd treats a permission that it does not know like none of the three; so does a store that never finds it. */
export function permissionFromWire(wire: WirePermission | undefined): Permission {
  return {
    type: TYPE_NAMES.get(wire?.permType ?? WireType.READ) ?? "read",
    key: wire?.key ?? new Uint8Array(),
    rangeEnd: wire?.rangeEnd ?? new Uint8Array(),
  };
}

export function permissionToWire({ type, key, rangeEnd }: Permission) {
  return { permType: TYPES[type], key, rangeEnd };
}

/** The fields of an InternalRaftRequest that are not its header. */
type AuthFields = Omit<
  Exclude<MessageInitShape<typeof InternalRaftRequestSchema>, InternalRaftRequest>,
  "header" | "$typeName"
>;

/** The field of an InternalRaftRequest that says this. */
export function authToWire(request: AuthRequest): AuthFields {
  switch (request.kind) {
    case "authEnable":
      return { authEnable: {} };
    case "authDisable":
      return { authDisable: {} };
    case "authenticate":
      return { authenticate: { name: request.name, simpleToken: request.simpleToken } };
    case "userAdd": {
      const { name, passwordHash, noPassword } = request;
      return { authUserAdd: { name, password: passwordHash, options: { noPassword } } };
    }
    case "userGet":
      return { authUserGet: { name: request.name } };
    case "userList":
      return { authUserList: {} };
    case "userDelete":
      return { authUserDelete: { name: request.name } };
    case "userChangePassword":
      return { authUserChangePassword: { name: request.name, password: request.passwordHash } };
    case "userGrantRole":
      return { authUserGrantRole: { user: request.name, role: request.role } };
    case "userRevokeRole":
      return { authUserRevokeRole: { name: request.name, role: request.role } };
    case "roleAdd":
      return { authRoleAdd: { name: request.name } };
    case "roleGet":
      return { authRoleGet: { role: request.name } };
    case "roleList":
      return { authRoleList: {} };
    case "roleDelete":
      return { authRoleDelete: { role: request.name } };
    case "roleGrantPermission":
      return { authRoleGrantPermission: { name: request.name, perm: permissionToWire(request.permission) } };
    case "roleRevokePermission": {
      const { name, key, rangeEnd } = request;
      return { authRoleRevokePermission: { role: name, key, rangeEnd } };
    }
  }
}

/** Null when the entry says nothing of users and roles. */
export function authFromWire(wire: InternalRaftRequest): AuthRequest | null {
  if (wire.authenticate) {
    const { name, simpleToken } = wire.authenticate;
    return { kind: "authenticate", name, simpleToken };
  }
  if (wire.authEnable) return { kind: "authEnable" };
  if (wire.authDisable) return { kind: "authDisable" };
  if (wire.authUserAdd) {
    const { name, password, options } = wire.authUserAdd;
    return { kind: "userAdd", name, passwordHash: password, noPassword: options?.noPassword ?? false };
  }
  if (wire.authUserGet) return { kind: "userGet", name: wire.authUserGet.name };
  if (wire.authUserList) return { kind: "userList" };
  if (wire.authUserDelete) return { kind: "userDelete", name: wire.authUserDelete.name };
  if (wire.authUserChangePassword) {
    const { name, password } = wire.authUserChangePassword;
    return { kind: "userChangePassword", name, passwordHash: password };
  }
  if (wire.authUserGrantRole) {
    return { kind: "userGrantRole", name: wire.authUserGrantRole.user, role: wire.authUserGrantRole.role };
  }
  if (wire.authUserRevokeRole) {
    return { kind: "userRevokeRole", name: wire.authUserRevokeRole.name, role: wire.authUserRevokeRole.role };
  }
  return roleFromWire(wire);
}

function roleFromWire(wire: InternalRaftRequest): AuthRequest | null {
  if (wire.authRoleAdd) return { kind: "roleAdd", name: wire.authRoleAdd.name };
  if (wire.authRoleGet) return { kind: "roleGet", name: wire.authRoleGet.role };
  if (wire.authRoleList) return { kind: "roleList" };
  if (wire.authRoleDelete) return { kind: "roleDelete", name: wire.authRoleDelete.role };
  if (wire.authRoleGrantPermission) {
    const { name, perm } = wire.authRoleGrantPermission;
    return { kind: "roleGrantPermission", name, permission: permissionFromWire(perm) };
  }
  if (wire.authRoleRevokePermission) {
    const { role, key, rangeEnd } = wire.authRoleRevokePermission;
    return { kind: "roleRevokePermission", name: role, key, rangeEnd };
  }
  return null;
}

/** A user as etcd's database keeps it. (authpb.User) */
export function encodeUser({ name, passwordHash, noPassword, roles }: User): Uint8Array {
  const fields = {
    name: utf8(name),
    password: utf8(passwordHash),
    roles: [...roles],
    options: { noPassword },
  };
  return toBinary(UserSchema, create(UserSchema, fields));
}

export function decodeUser(bytes: Uint8Array): ({ readonly kind: "user" } & User) | Malformed {
  return decodeOrExplain(() => {
    const { name, password, roles, options } = fromBinary(UserSchema, bytes);
    return {
      kind: "user" as const,
      name: fromUtf8(name),
      passwordHash: fromUtf8(password),
      noPassword: options?.noPassword ?? false,
      roles: roles.toSorted(),
    };
  });
}

/** A role as etcd's database keeps it. (authpb.Role) */
export function encodeRole({ name, permissions }: Role): Uint8Array {
  const fields = { name: utf8(name), keyPermission: permissions.map(permissionToWire) };
  return toBinary(RoleSchema, create(RoleSchema, fields));
}

export function decodeRole(bytes: Uint8Array): ({ readonly kind: "role" } & Role) | Malformed {
  return decodeOrExplain(() => {
    const { name, keyPermission } = fromBinary(RoleSchema, bytes);
    return {
      kind: "role" as const,
      name: fromUtf8(name),
      permissions: keyPermission.map(permissionFromWire),
    };
  });
}
