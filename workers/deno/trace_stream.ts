// GET /flotilla/trace: this member, live, for whoever watches. One line of JSON a beat, ten beats a second, for as long as
// the reader stays. Served with --experimental-flotilla-trace only: it tells keys and values of the newest entries to
// whoever reaches the client port, as the API itself does, and costs a look at the member with every beat.
//
// A reader that is slow gets fewer beats, and is told how many it missed; nothing is kept for it. One that takes nothing
// for a while is let go.

import http from "node:http";
import type { Input, Output } from "../../core/member/io.ts";
import { TraceDesk } from "../../core/member/trace_beat.ts";
import type { Member } from "../../core/member/member.ts";
import type { MemberId } from "../../core/base/ids.ts";

export const TRACE_PATH = "/flotilla/trace";
const BEAT_MS = 100;
const READER_COUNT_MAX = 16;
/** Bytes that may wait in a reader's connection before it misses beats. */
const WAITING_BYTES_MAX = 256 * 1024;
/** Beats missed in a row after which a reader is let go: half a minute. */
const MISSED_BEATS_MAX = 300;

interface Reader {
  readonly response: http.ServerResponse;
  missed: number;
}

export class TraceStream {
  readonly #member: Pick<Member, "view">;
  readonly #desk: TraceDesk;
  readonly #readers = new Set<Reader>();
  #timer: ReturnType<typeof setInterval> | null = null;

  readonly #beatMs: number;

  constructor(member: Pick<Member, "view">, self: MemberId, beatMs = BEAT_MS) {
    this.#member = member;
    this.#beatMs = beatMs;
    this.#desk = new TraceDesk(self);
  }

  get readerCount(): number {
    return this.#readers.size;
  }

  /** Hears of a step of the member; free while nobody reads. */
  see(inputs: readonly Input[], outputs: readonly Output[]): void {
    if (this.#readers.size > 0) this.#desk.see(inputs, outputs);
  }

  answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    request.resume();
    if (request.method !== "GET") {
      response.writeHead(405, { Allow: "GET" }).end();
      return;
    }
    if (this.#readers.size >= READER_COUNT_MAX) {
      const says = `${READER_COUNT_MAX} readers watch this member already`;
      response.writeHead(503, { "Content-Type": "application/json" }).end(JSON.stringify({ error: says }));
      return;
    }
    const reader: Reader = { response, missed: 0 };
    this.#readers.add(reader);
    this.#timer ??= setInterval(() => this.#beat(), this.#beatMs);
    response.on("close", () => this.#drop(reader));
    response.writeHead(200, { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store" });
    response.flushHeaders();
  }

  /** Ends all streams. */
  close(): void {
    for (const reader of this.#readers) {
      this.#drop(reader);
      reader.response.destroy();
    }
  }

  #drop(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#desk.clear();
  }

  #beat(): void {
    // Keys are not hashed for it: that walks them all.
    const beat = JSON.stringify(this.#desk.beat(this.#member.view({ hashed: false })));
    for (const reader of this.#readers) {
      const { response } = reader;
      if (response.writableLength > WAITING_BYTES_MAX) {
        reader.missed += 1;
        if (reader.missed > MISSED_BEATS_MAX) response.destroy();
        continue;
      }
      response.write(`{"beat":${beat},"missed":${reader.missed}}\n`);
      reader.missed = 0;
    }
  }
}
