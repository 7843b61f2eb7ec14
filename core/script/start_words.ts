// Starting machines by hand, in the words of a shell: `etcd --name infra1 …`, `curl -X PUT …/_config/size -d value=3`.
// They act on the start model alone and need no cluster.

import type { Arguments } from "./arguments.ts";
import type { StartModel, StartOutcome } from "./start_model.ts";

export const START_USAGES = {
  etcd: "etcd <flag>…",
  kill: "kill <data directory or name>",
  curl: "curl -X PUT <url>/v2/keys/discovery/<token>/_config/size -d value=N | " +
    "curl <url>/v2/keys/discovery/<token> | curl https://discovery.etcd.io/new?size=N",
  registry: "registry <token> [size=N]",
  dns: "dns <service> <host:port>",
  era: "era v2|today",
} as const;

export type StartVerb = keyof typeof START_USAGES;

/** Carries out one of these words. @param onStart hears of each start. */
export function startWords(
  verb: StartVerb,
  args: Arguments,
  model: StartModel,
  onStart: (outcome: StartOutcome) => void,
): string {
  switch (verb) {
    case "etcd": {
      const outcome = model.start(args.rest());
      onStart(outcome);
      return outcome.says.join("\n");
    }
    case "kill": {
      const place = args.word("a data directory");
      args.end();
      return model.kill(place) ?? `${place} stopped`;
    }
    case "curl":
      return curl(args, model);
    case "registry": {
      // Today's registry is plain v3 keys: etcdctl put /_etcd/registry/<token>/_config/size N.
      const size = args.namedNumber("size", 0);
      const token = args.word("a token");
      args.end();
      if (size > 0) model.setSize(token, size);
      return registryText(token, model);
    }
    case "dns": {
      const service = args.word("a service such as _etcd-server._tcp.example.com");
      const target = args.word("host:port");
      args.end();
      model.addSrv(service, target);
      return `${service} SRV ${target}`;
    }
    case "era":
      model.era = args.oneOf("an era", ["v2", "today"]);
      args.end();
      return model.era === "v2" ? "discovery as etcd had it up to 3.5" : "discovery as etcd has it since 3.6";
  }
}

function curl(args: Arguments, model: StartModel): string {
  const words = args.rest();
  const url = words.find((word) => word.includes("://")) ?? args.fail("expected a URL");
  const fresh = /\/new\?size=([1-9])$/.exec(url)?.[1];
  if (fresh !== undefined) return `https://discovery.etcd.io/${model.newToken(Number(fresh))}`;
  const [, token, config] = /\/v2\/keys\/discovery\/([^/]+)(\/_config\/size)?$/.exec(url) ?? [];
  if (token === undefined) return args.fail("expected …/v2/keys/discovery/<token>");
  const value = words.map((word) => /^value=([1-9])$/.exec(word)?.[1]).find((one) => one !== undefined);
  if (config !== undefined && value !== undefined) model.setSize(token, Number(value));
  return registryText(token, model);
}

function registryText(token: string, model: StartModel): string {
  const registry = model.registry(token);
  if (!registry) return `${token}: key not found`;
  return [`${token}: size ${registry.size}, ${registry.entries.length} registered`, ...registry.entries].join(
    "\n",
  );
}
