// goreman's verbs on the Procfile: each line of it is a process, each process a member.

import { complain, type CtlRun, type CtlWorld, EXIT, print } from "./step.ts";

const USAGE = `Tasks:
  goreman check                      # Show entries in Procfile
  goreman run COMMAND [PROCESS...]   # Run a command
                                       start
                                       stop
                                       restart
                                       list
                                       status`;

/** @param words what follows "goreman". */
export function* runGoreman(words: readonly string[], world: CtlWorld): CtlRun {
  // "-f Procfile" names the file, of which there is one.
  const [verb, ...rest] = words[0] === "-f" ? words.slice(2) : words;
  const names = world.processes.map(({ name }) => name);
  if (verb === "check") {
    yield* print(`valid procfile detected (${names.join(", ")})`);
    return EXIT.success;
  }
  if (verb === "start") return yield* eachProcess("start", rest.length === 0 ? stoppedOf(world) : rest);
  if (verb !== "run") {
    yield* complain(USAGE);
    return EXIT.error;
  }
  const [command = "", ...wanted] = rest;
  switch (command) {
    case "start":
    case "stop":
    case "restart":
      if (wanted.length === 0) {
        yield* complain(USAGE);
        return EXIT.error;
      }
      return yield* eachProcess(command, wanted);
    case "list":
      yield* print(names.join("\n"));
      return EXIT.success;
    case "status":
      yield* print(
        world.processes.map(({ name, isRunning }) => `${isRunning ? "*" : " "}${name}`).join("\n"),
      );
      return EXIT.success;
    default:
      yield* complain("unknown command");
      return EXIT.error;
  }
}

function stoppedOf(world: CtlWorld): readonly string[] {
  return world.processes.filter(({ isRunning }) => !isRunning).map(({ name }) => name);
}

/** Like goreman, it says nothing of what went well. */
function* eachProcess(verb: "start" | "stop" | "restart", names: readonly string[]): CtlRun {
  for (const name of names) {
    const why = yield { kind: "process", verb, name };
    if (typeof why === "string") {
      yield* complain(why);
      return EXIT.error;
    }
  }
  return EXIT.success;
}
