// Users, roles and permissions as the log builds them. What etcdctl sees of it is held against a real etcd in
// tests/tcp/auth_test.ts.

import assert from "node:assert/strict";
import { AuthStore } from "../../../core/auth/auth_store.ts";
import { refusalOfKeys } from "../../../core/auth/permissions.ts";
import { type AuthRequest, NOBODY, type PermissionType } from "../../../core/auth/requests.ts";
import { EMPTY_BYTES, utf8 } from "../../../core/base/bytes.ts";
import { ETCD_ERRORS, type EtcdError } from "../../../core/base/etcd_error.ts";
import { FROM_KEY_END, putRequest, rangeRequest, txnRequest } from "../../../core/kv/requests.ts";
import { TokenBook, tokenIndex } from "../../../core/member/token_book.ts";

/** A store with root, and ann who has the role "r"; authentication is on. */
function storeWith(...permissions: readonly [PermissionType, key: string, rangeEnd: string | Uint8Array][]) {
  const store = new AuthStore();
  const apply = (request: AuthRequest) => {
    const answer = store.apply(request, { username: "root", revision: store.revision }, 7);
    assert.notEqual(answer.kind, "error", JSON.stringify(answer));
  };
  for (const name of ["root", "ann"]) apply({ kind: "userAdd", name, passwordHash: "h", noPassword: false });
  apply({ kind: "userGrantRole", name: "root", role: "root" });
  apply({ kind: "roleAdd", name: "r" });
  apply({ kind: "userGrantRole", name: "ann", role: "r" });
  for (const [type, key, end] of permissions) {
    const permission = { type, key: utf8(key), rangeEnd: typeof end === "string" ? utf8(end) : end };
    apply({ kind: "roleGrantPermission", name: "r", permission });
  }
  apply({ kind: "authEnable" });
  return { store, apply, ann: () => ({ username: "ann", revision: store.revision }) };
}

Deno.test("ranges that touch cover a range across both, and a gap of one key is a gap", () => {
  const cases: [[PermissionType, string, string | Uint8Array][], string, string | Uint8Array, boolean][] = [
    [[["read", "a", "c"]], "a", "c", true],
    [[["read", "a", "c"]], "a", "", true],
    [[["read", "a", "c"]], "c", "", false],
    [[["read", "a", "c"]], "a", "c0", false],
    [[["read", "a", "c"], ["readWrite", "c", "e"]], "b", "d", true],
    [[["read", "a", "c"], ["read", "d", "e"]], "b", "e", false],
    [[["read", "a", ""]], "a", "", true],
    [[["read", "a", ""]], "a", "b", false],
    [[["read", "a", ""], ["read", "a\0", "b"]], "a", "b", true],
    [[["read", "b", FROM_KEY_END]], "b", FROM_KEY_END, true],
    [[["read", "b", FROM_KEY_END]], "a", FROM_KEY_END, false],
    [[["read", "b", "z"]], "b", FROM_KEY_END, false],
    [[["write", "a", "c"]], "a", "", false],
  ];

  for (const [permissions, key, end, isAllowed] of cases) {
    const { store, ann } = storeWith(...permissions);
    const rangeEnd = typeof end === "string" ? utf8(end) : end;
    const refusal = store.refusalOfRead(ann(), utf8(key), rangeEnd);
    assert.equal(
      refusal,
      isAllowed ? null : ETCD_ERRORS.permissionDenied,
      JSON.stringify([permissions, key]),
    );
  }
});

Deno.test("who was let in before the last change of users and roles is refused, and nobody is nobody", () => {
  const { store, apply, ann } = storeWith(["readWrite", "a", ""]);
  const before = ann();
  assert.equal(store.refusalOfWrite(before, utf8("a"), EMPTY_BYTES), null);

  apply({ kind: "roleAdd", name: "another" });

  assert.equal(store.refusalOfWrite(before, utf8("a"), EMPTY_BYTES), ETCD_ERRORS.authOldRevision);
  assert.equal(store.refusalOfWrite(ann(), utf8("a"), EMPTY_BYTES), null);
  assert.equal(store.refusalOfWrite(NOBODY, utf8("a"), EMPTY_BYTES), ETCD_ERRORS.userEmpty);
  assert.equal(store.refusalOfAdmin(ann()), ETCD_ERRORS.permissionDenied);
});

Deno.test("a nested transaction is looked into, which etcd 3.4 forgets", () => {
  const { store, ann } = storeWith(["readWrite", "a", ""]);
  const put = putRequest({ key: utf8("b") });
  const refusal = (request: Parameters<typeof refusalOfKeys>[2]) =>
    refusalOfKeys(store, ann(), request, () => []);

  assert.equal(refusal(txnRequest({ success: [putRequest({ key: utf8("a") })] })), null);
  assert.equal(
    refusal(txnRequest({ success: [txnRequest({ failure: [put] })] })),
    ETCD_ERRORS.permissionDenied,
  );
  assert.equal(
    refusal(txnRequest({ failure: [rangeRequest({ key: utf8("b") })] })),
    ETCD_ERRORS.permissionDenied,
  );
});

Deno.test("a put needs the right to all keys of its lease, and to the old value it asks for", () => {
  const { store, ann } = storeWith(["write", "a", ""]);
  const refusal = (fields: Partial<Parameters<typeof putRequest>[0]>, leaseKeys: string[]) =>
    refusalOfKeys(store, ann(), putRequest({ key: utf8("a"), ...fields }), () => leaseKeys.map(utf8));

  assert.equal(refusal({ lease: "1" }, ["a"]), null);
  assert.equal(refusal({ lease: "1" }, ["a", "b"]), ETCD_ERRORS.permissionDenied);
  assert.equal(refusal({ prevKv: true }, []), ETCD_ERRORS.permissionDenied);
});

Deno.test("a store comes out of its capture as it went in, and says when there is nothing to say", () => {
  const { store, ann } = storeWith(["read", "a", "b"], ["write", "\0ÿ", FROM_KEY_END]);

  const again = new AuthStore(JSON.parse(JSON.stringify(store.capture())));

  assert.deepEqual(again.capture(), store.capture());
  assert.equal(again.refusalOfRead(ann(), utf8("a"), utf8("b")), null);
  assert.equal(store.isNew, false);
  assert.equal(new AuthStore().isNew, true);
});

Deno.test("a user without a password gives no token, an unknown one neither, and off means off", () => {
  const { store, apply } = storeWith();
  apply({ kind: "userAdd", name: "cert", passwordHash: "", noPassword: true });
  const login = (name: string) => store.apply({ kind: "authenticate", name, simpleToken: "tok" }, NOBODY, 31);

  assert.deepEqual(login("ann"), { kind: "token", token: "tok.31" });
  assert.equal(login("cert"), ETCD_ERRORS.authFailed);
  assert.equal(login("nobody"), ETCD_ERRORS.authFailed);
  assert.equal(store.passwordOf("cert"), ETCD_ERRORS.noPasswordUser);
  apply({ kind: "authDisable" });
  assert.equal(login("ann"), ETCD_ERRORS.authNotEnabled);
  assert.equal((store.passwordOf("ann") as EtcdError).message, ETCD_ERRORS.authNotEnabled.message);
});

Deno.test("a token lives from use to use, and ends with its user", () => {
  const book = new TokenBook(10);
  book.assign("x.1", "ann", 0);
  book.assign("y.2", "ann", 0);
  book.assign("z.3", "bob", 0);

  assert.equal(book.use("x.1", 9), "ann");
  assert.equal(book.use("x.1", 18), "ann");
  assert.equal(book.use("y.2", 10), null);
  book.invalidate("ann");
  assert.equal(book.use("x.1", 19), null);
  assert.equal(new TokenBook(10, book.capture()).use("z.3", 9), "bob");
  assert.deepEqual(["x.1", "x", "a.b.1", ".7", "x.1e3"].map(tokenIndex), [1, null, null, 7, null]);
});
