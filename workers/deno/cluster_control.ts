// The runner's control port, on loopback: one line of words in, lines out, the last of which is "ok" or "error: …".
// Anything else that connects, a browser's request among it, is shown the door after its first line.

import net from "node:net";
import type { ClusterRunner } from "./cluster_runner.ts";

/** goreman's. */
export const CONTROL_PORT = 8555;
const HOST = "127.0.0.1";
const REQUEST_CHARACTERS_MAX = 1_024;
const VERBS = ["start", "stop", "restart", "list", "status", "stop-all", "restart-all"];

/** Null when it serves; else why not. */
export function serveControl(runner: ClusterRunner, port: number): Promise<string | null> {
  const server = net.createServer((socket) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("error", () => {});
    socket.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end < 0 && text.length < REQUEST_CHARACTERS_MAX) return;
      socket.pause();
      const words = text.slice(0, Math.max(0, end)).trim().split(/\s+/);
      if (!VERBS.includes(words[0] ?? "")) return void socket.destroy();
      void perform(runner, words).then((lines) => socket.end(lines.join("\n") + "\n"));
    });
  });
  return new Promise((resolve) => {
    server.once("error", (error: Error & { code?: string }) => {
      resolve(
        error.code === "EADDRINUSE"
          ? `port ${port} is taken: another cluster runs here; stop it, or choose a port with -p`
          : `control port ${port}: ${error.message}; choose another with -p`,
      );
    });
    server.listen({ port, host: HOST }, () => resolve(null));
  });
}

async function perform(runner: ClusterRunner, [verb, ...names]: readonly string[]): Promise<string[]> {
  switch (verb) {
    case "list":
      return [...runner.names, "ok"];
    case "status":
      return [...runner.names.map((name) => `${runner.isRunning(name) ? "*" : " "}${name}`), "ok"];
    case "stop-all":
      await runner.stopAll();
      return ["ok"];
    case "restart-all":
      await runner.stopAll();
      for (const name of runner.names) runner.start(name);
      return ["ok"];
  }
  if (names.length === 0) return [`error: ${verb} needs the name of a process`];
  for (const name of names) {
    const stopped = verb === "start" || (verb === "restart" && !runner.isRunning(name))
      ? null
      : await runner.stop(name);
    const trouble = stopped ?? (verb === "stop" ? null : runner.start(name));
    if (trouble !== null) return [`error: ${trouble}`];
  }
  return ["ok"];
}

/** What the runner at that port says; null when nobody is there. */
export function askRunner(port: number, words: readonly string[]): Promise<readonly string[] | null> {
  return new Promise((resolve) => {
    let text = "";
    const socket = net.connect({ port, host: HOST });
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(words.join(" ") + "\n"));
    socket.on("data", (chunk: string) => text += chunk);
    socket.on("error", () => resolve(null));
    socket.on("close", () => resolve(text === "" ? null : text.trimEnd().split("\n")));
  });
}
