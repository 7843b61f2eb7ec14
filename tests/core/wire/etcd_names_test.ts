// Ids and JSON as etcd makes them.

import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { memberId, memberIdOf, shortId } from "../../../core/base/ids.ts";
import { clusterIdFor, memberIdFor } from "../../../core/wire/etcd_ids.ts";
import {
  decodeMemberContext,
  encodeMemberContext,
  memberContext,
} from "../../../core/wire/member_context.ts";

const JOINED_AT = 1_795_170_616;

Deno.test("the three members of the tutorial's cluster get the tutorial's ids", () => {
  const ids = [12380, 22380, 32380].map((port) =>
    memberIdFor([`http://127.0.0.1:${port}`], "etcd-cluster-1")
  );

  assert.deepEqual(ids, ["8211f1d0f64f3269", "91bc3c398fb3c146", "fd422379fda50e48"]);
  assert.equal(clusterIdFor(ids.toReversed()), "ef37ad9dc622a7c4");
});

Deno.test("an id keeps its leading zeros inside and loses them in print", () => {
  const id = memberIdFor(["https://localhost:20001"], "new");

  assert.equal(id, "00a8f3458387986d");
  assert.equal(shortId(id), "a8f3458387986d");
  assert.equal(clusterIdFor([id]), "34c21a2d427db393");
});

Deno.test("the order of peer URLs does not matter, the token and the time of joining do", () => {
  const urls = ["http://b:2380", "http://a:2380"];
  const id = memberIdFor(urls, "t");

  assert.equal(memberIdFor(urls.toReversed(), "t"), id);
  assert.notEqual(memberIdFor(urls, "u"), id);
  assert.notEqual(memberIdFor(urls, "t", JOINED_AT), id);
});

Deno.test("a member added to a running etcd 3.4.23 got this id, with no token in it", () => {
  assert.equal(memberIdFor(["http://127.0.0.1:41381"], "", JOINED_AT), "ddd793ce2ec7a99b");
});

Deno.test("member contexts are Go's JSON, with ids that no float can hold", () => {
  const started = memberContext({
    id: memberId("d66dda96cc0012ba"),
    peerUrls: ["http://127.0.0.1:41380"],
    name: "infra1",
  });
  const learner = memberContext({
    id: memberId("ddd793ce2ec7a99b"),
    peerUrls: ["http://127.0.0.1:41381"],
    isLearner: true,
  });
  const promotion = memberContext({ id: memberIdOf(7), isPromote: true });
  const odd = memberContext({
    id: memberIdOf(1),
    peerUrls: ["http://a:1"],
    name: '<"id":5>&',
    clientUrls: ["x"],
  });
  const texts = [
    '{"id":15451246237780546234,"peerURLs":["http://127.0.0.1:41380"],"name":"infra1"}',
    '{"id":15985407916132247963,"peerURLs":["http://127.0.0.1:41381"],"isLearner":true}',
    '{"id":7,"peerURLs":null,"isPromote":true}',
    '{"id":1,"peerURLs":["http://a:1"],"name":"\\u003c\\"id\\":5\\u003e\\u0026","clientURLs":["x"]}',
  ];

  [started, learner, promotion, odd].forEach((context, at) => {
    assert.equal(fromUtf8(encodeMemberContext(context)), texts[at]);
    assert.deepEqual(decodeMemberContext(utf8(texts[at]!)), context);
  });
});

Deno.test("a context that names no member is malformed", () => {
  for (
    const text of [
      "",
      "[]",
      "null",
      "{}",
      '{"id":0}',
      '{"id":18446744073709551616}',
      '{"id":1,"peerURLs":[1]}',
    ]
  ) {
    assert.ok("why" in decodeMemberContext(utf8(text)), text);
  }
});
