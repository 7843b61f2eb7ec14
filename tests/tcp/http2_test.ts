// HTTP/2's header compression and frames, against the standard's own examples and against every way to cut a stream.

import assert from "node:assert/strict";
import { fromHex } from "../../core/base/bytes.ts";
import { type Frame, frame, FrameCutter, PAYLOAD_BYTES_MAX } from "../../workers/deno/http2/frames.ts";
import { type Header, HpackDecoder, hpackEncode } from "../../workers/deno/http2/hpack.ts";
import { huffmanDecode } from "../../workers/deno/http2/huffman.ts";

Deno.test("header blocks are decoded as in RFC 7541, appendix C.4: Huffman text and a growing table", () => {
  const decoder = new HpackDecoder();
  const blocks = [
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "828684be5886a8eb10649cbf",
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
  ];

  const decoded = blocks.map((hex) => decoder.decode(fromHex(hex))!.map((header) => header.join(" ")));

  assert.deepEqual(decoded, [
    [":method GET", ":scheme http", ":path /", ":authority www.example.com"],
    [":method GET", ":scheme http", ":path /", ":authority www.example.com", "cache-control no-cache"],
    [
      ":method GET",
      ":scheme https",
      ":path /index.html",
      ":authority www.example.com",
      "custom-key custom-value",
    ],
  ]);
});

Deno.test("what is encoded comes back, whatever its length", () => {
  const headers: Header[] = [
    [":status", "200"],
    ["content-type", "application/grpc"],
    ["grpc-message", "x".repeat(20_000)],
    ["empty", ""],
  ];

  assert.deepEqual(new HpackDecoder().decode(hpackEncode(headers)), headers);
});

Deno.test("the table forgets its oldest headers when it is full", () => {
  const decoder = new HpackDecoder();
  const kept = (name: string) => {
    const literal = hpackEncode([[name, "v".repeat(1500)]]);
    // The same literal, but to be kept: 01 instead of 0000 before the index.
    literal[0]! |= 0x40;
    return literal;
  };
  const newest = fromHex("be"), secondNewest = fromHex("bf"), thirdNewest = fromHex("c0");

  for (const name of ["a", "b", "c"]) decoder.decode(kept(name));

  assert.equal(decoder.decode(newest)![0]![0], "c");
  assert.equal(decoder.decode(secondNewest)![0]![0], "b");
  assert.equal(decoder.decode(thirdNewest), null);
});

Deno.test("malformed header blocks are told from sound ones", () => {
  const malformed = {
    "an index of nothing": "80",
    "an index beyond the tables": "ff00",
    "an integer without end": "ffffffffffffffff7f",
    "a string longer than the block": "0003616263",
    "a table larger than allowed": "3fe2ff03",
    "a table size behind a header": "8220",
    "Huffman padding of zeros": "008300000061",
  };

  for (const [what, hex] of Object.entries(malformed)) {
    assert.equal(new HpackDecoder().decode(fromHex(hex)), null, what);
  }
  assert.equal(huffmanDecode(fromHex("ffffffff")), null, "the end of a string inside it");
});

Deno.test("frames come out alike wherever the stream was cut", () => {
  const sent = [
    frame(1, 4, 1, fromHex("82")),
    frame(0, 1, 1, new Uint8Array(300).fill(5)),
    frame(6, 0, 0, new Uint8Array(8)),
  ];
  const stream = Uint8Array.from(sent.flatMap((bytes) => [...bytes]));
  const shape = ({ type, flags, streamId, payload }: Frame) => [type, flags, streamId, payload.length].join();

  for (let cut = 0; cut <= stream.length; cut++) {
    const cutter = new FrameCutter();
    const frames = [...cutter.take(stream.subarray(0, cut))!, ...cutter.take(stream.subarray(cut))!];

    assert.deepEqual(frames.map(shape), ["1,4,1,1", "0,1,1,300", "6,0,0,8"]);
  }
  const oversized = frame(0, 0, 1, new Uint8Array(PAYLOAD_BYTES_MAX + 1));
  assert.equal(new FrameCutter().take(oversized), null);
});
