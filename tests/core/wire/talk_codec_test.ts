import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import { ETCD_ERRORS } from "../../../core/base/etcd_error.ts";
import { memberIdOf } from "../../../core/base/ids.ts";
import { message } from "../../../core/raft/message.ts";
import { encodeMessage } from "../../../core/wire/peer_codec.ts";
import { decodeTalk, encodeTalk, isTalkFrame, type Talk } from "../../../core/wire/talk_codec.ts";

const ENDS = { from: memberIdOf(1), to: memberIdOf(2), startId: 1_700_000_000_000, askId: 7 };
const LEASE = "00000000000000aa";
const MEMBER = { id: memberIdOf(4), name: "n4", peerUrls: ["http://p"], clientUrls: [], isLearner: false };

const TALKS: readonly Talk[] = [
  { ...ENDS, kind: "ask", question: { kind: "leaseKeepAlive", id: LEASE } },
  { ...ENDS, kind: "ask", question: { kind: "leaseTimeToLive", id: LEASE, keys: true } },
  { ...ENDS, kind: "ask", question: { kind: "memberPromote", member: MEMBER.id } },
  { ...ENDS, kind: "tell", answer: { kind: "leaseKeepAlive", id: LEASE, ttl: 60 } },
  {
    ...ENDS,
    kind: "tell",
    answer: {
      kind: "leaseTimeToLive",
      id: LEASE,
      ttl: -1,
      grantedTtl: 0,
      keys: [Uint8Array.of(0, 255), utf8("k")],
    },
  },
  { ...ENDS, kind: "tell", answer: { kind: "members", members: [MEMBER], changed: MEMBER } },
  { ...ENDS, kind: "tell", answer: ETCD_ERRORS.learnerNotReady },
];

Deno.test("whatever members ask and tell each other comes through, and is no raft message", () => {
  for (const talk of TALKS) {
    const frame = encodeTalk(talk);
    assert.deepEqual(decodeTalk(frame), talk);
    assert(isTalkFrame(frame));
  }
  assert(!isTalkFrame(encodeMessage(message({ kind: "heartbeat", from: ENDS.from, to: ENDS.to, term: 1 }))));
});

Deno.test("a talk with anything wrong in it is malformed, never an exception", () => {
  const frames = ["", "[]", "{", "null", '{"kind":"ask"}'].map((text) => utf8("\0" + text));
  for (const talk of TALKS) {
    const text = new TextDecoder().decode(encodeTalk(talk).subarray(1));
    for (
      const [what, instead] of [
        ['"askId":7', '"askId":"7"'],
        [ENDS.from, "0000000000000000"],
        [/"kind":"(ask|tell)"/, '"kind":"shout"'],
        [/"(question|answer)":\{"kind":"\w+"/, '"$1":{"kind":"other"'],
      ] as const
    ) {
      const wrong = text.replace(what, instead);
      assert.notEqual(wrong, text);
      frames.push(utf8("\0" + wrong));
    }
  }

  for (const frame of frames) {
    assert.equal(decodeTalk(frame).kind, "malformed", new TextDecoder().decode(frame));
  }
});
