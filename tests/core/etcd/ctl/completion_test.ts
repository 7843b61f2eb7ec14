import assert from "node:assert/strict";
import { complete } from "../../../../core/etcd/ctl/mod.ts";
import { duration, goJson, humanBytes, quoted } from "../../../../core/etcd/ctl/go_text.ts";
import { drawTable } from "../../../../core/etcd/ctl/table.ts";

const WORLD = {
  keys: ["x", "/svc/api"],
  endpoints: ["infra1", "127.0.0.1:2379"],
  members: [{ name: "infra1", id: "8211f1d0f64f3269" }],
  leases: ["53b5a1f8c68a834f"],
  processes: ["etcd1", "etcd2"],
};
const texts = (line: string) => complete(line, WORLD).suggestions.map(({ text }) => text);

Deno.test("completion knows commands, flags, their values, keys, members and processes", () => {
  assert.deepEqual(texts("etc"), ["etcdctl"]);
  assert.deepEqual(texts("etcdctl mem"), ["member"]);
  assert.deepEqual(texts("etcdctl member "), ["list", "add", "remove", "promote", "update"]);
  assert.deepEqual(texts("etcdctl get --cons"), ["--consistency="]);
  assert.deepEqual(texts("etcdctl get x --consistency="), ["--consistency=s", "--consistency=l"]);
  assert.deepEqual(texts("etcdctl member list -w t"), ["table"]);
  assert.deepEqual(texts("get /"), ["/svc/api"]);
  assert.deepEqual(texts("etcdctl member remove "), ["8211f1d0f64f3269"]);
  assert.deepEqual(texts("etcdctl lease revoke 5"), ["53b5a1f8c68a834f"]);
  assert.deepEqual(texts("goreman run stop "), ["etcd1", "etcd2"]);
  assert.equal(complete("etcdctl member li", WORLD).from, "etcdctl member ".length);
});

Deno.test("values look as Go prints them", () => {
  assert.deepEqual([0, 0.000964, 0.0125, 1.188105, 1500, 62_500].map(duration), [
    "0s",
    "964ns",
    "12.5µs",
    "1.188105ms",
    "1.5s",
    "1m2.5s",
  ]);
  assert.deepEqual([9, 20_480, 24_576, 1_500_000].map(humanBytes), ["9 B", "20 kB", "25 kB", "1.5 MB"]);
  assert.equal(quoted('a "b"\n\\x41'), '"a \\"b\\"\\n\\\\x41"');
  assert.equal(goJson({ a: 2n ** 63n, b: "<", c: undefined }), '{"a":9223372036854775808,"b":"\\u003c"}');
});

Deno.test("a table breaks long cells between words", () => {
  assert.equal(
    drawTable(["A", "ERRORS"], [["1", "memberID:14488752894282421173 alarm:NOSPACE "]]),
    `+---+-------------------------------+
| A |            ERRORS             |
+---+-------------------------------+
| 1 | memberID:14488752894282421173 |
|   |                 alarm:NOSPACE |
+---+-------------------------------+`,
  );
});
