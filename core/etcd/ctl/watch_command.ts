// watch: every change to a key or a range, as it happens, or from an older revision on.

import { isEtcdError } from "../../base/etcd_error.ts";

import { AUTO_WATCH_ID, type WatchEvent } from "../../kv/watch_hub.ts";
import { type Answer, headerOf, resultOf } from "../answers.ts";
import { badArgs, bool, type CtlCall, type CtlCommand, int, intFlag, isSet, unsupported } from "./call.ts";
import { goJson } from "./go_text.ts";
import { keySpan } from "./kv_commands.ts";
import { headerJson, headerLines, kvJson, kvLines, kvPlain } from "./printing.ts";
import { complain, CtlFailure, type CtlResume, EXIT, print, type WatchNews } from "./step.ts";

export const WATCH_COMMAND: CtlCommand = {
  path: ["watch"],
  about: "Follows every change of a key or a range",
  usage: "[options] [key or prefix] [range_end]",
  flags: [
    bool("prefix", "all keys that begin so"),
    bool("prev-kv", "print the pair as it was before"),
    int("rev", "from this revision on"),
  ],
  *run(call) {
    const [key, end] = call.args;
    const prefix = isSet(call, "prefix");
    if (key === undefined || call.args.length > 2) throw badArgs("bad number of arguments");
    if (end !== undefined && prefix) throw badArgs("`range_end` and `--prefix` are mutually exclusive");
    const create = {
      ...keySpan(key, { end, prefix, fromKey: false }),
      watchId: AUTO_WATCH_ID,
      startRevision: intFlag(call, "rev"),
      prevKv: isSet(call, "prev-kv"),
      noPut: false,
      noDelete: false,
      progressNotify: false,
      fragment: false,
    };
    let news = asNews(yield { kind: "watch", endpoint: call.endpoints[0] ?? "", create });
    for (;;) {
      if (news.kind === "ended") throw cancelled();
      if (isEtcdError(news.response)) {
        yield* complain(`watch was canceled (${news.response.message})`);
        throw cancelled();
      }
      const result = resultOf(news.response, "watch");
      if (result.cancelled) {
        const why = result.compactRevision > 0
          ? "etcdserver: mvcc: required revision has been compacted"
          : result.cancelReason;
        yield* complain(`watch was canceled (${why})`);
        throw cancelled();
      }
      if (result.events.length > 0) yield* print(watchText(call, news.response, result.events));
      news = asNews(yield { kind: "watchNext" });
    }
  },
};

function cancelled(): CtlFailure {
  return new CtlFailure("watch is canceled by the server", EXIT.interrupted);
}

function asNews(resume: CtlResume): WatchNews {
  return typeof resume === "object" && resume !== null &&
      (resume.kind === "response" || resume.kind === "ended")
    ? resume
    : { kind: "ended" };
}

function watchText(call: CtlCall, answer: Answer, events: readonly WatchEvent[]): string {
  const header = headerOf(answer);
  switch (call.format) {
    case "simple":
      return events.flatMap(({ kind, kv, prevKv }) => [
        kind === "put" ? "PUT" : "DELETE",
        ...(prevKv === null ? [] : kvPlain(prevKv, { hex: call.hex, valueOnly: false })),
        ...kvPlain(kv, { hex: call.hex, valueOnly: false }),
      ]).join("\n");
    case "json":
      return goJson({
        Header: headerJson(header),
        Events: events.map(({ kind, kv, prevKv }) => ({
          type: kind === "put" ? undefined : 1,
          kv: kvJson(kv),
          prev_kv: prevKv === null ? undefined : kvJson(prevKv),
        })),
        CompactRevision: 0,
        Canceled: false,
        Created: false,
      });
    case "fields":
      return [
        ...headerLines(header),
        ...events.flatMap(({ kind, kv, prevKv }) => [
          `"Type" : ${kind === "put" ? "PUT" : "DELETE"}`,
          ...(prevKv === null ? [] : kvLines("Prev", prevKv)),
          ...kvLines("", kv),
        ]),
      ].join("\n");
    case "table":
      throw unsupported(call.format);
  }
}
