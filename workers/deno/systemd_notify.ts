// Telling systemd that this process is ready (Type=notify): one datagram to the socket that $NOTIFY_SOCKET names.
// (sd_notify(3); etcdmain/util.go notifySystemd)

import type { Log } from "./log.ts";

/** Without effect where nobody asked to be told. Needs Deno's --unstable-net, as datagrams of that kind do. */
export async function notifySystemd(log: Log): Promise<void> {
  const socketPath = Deno.env.get("NOTIFY_SOCKET");
  if (socketPath === undefined || socketPath === "") return;
  // "@" stands for the zero byte of an abstract socket, which has no place in the file system.
  const target = socketPath.startsWith("@") ? "\0" + socketPath.slice(1) : socketPath;
  const ownPath = `${Deno.makeTempDirSync({ prefix: "flotilla-notify-" })}/socket`;
  try {
    const socket = Deno.listenDatagram({ transport: "unixpacket", path: ownPath });
    await socket.send(new TextEncoder().encode("READY=1"), { transport: "unixpacket", path: target });
    socket.close();
  } catch (error) {
    log.warn("etcdmain", `failed to notify systemd for readiness: ${error}`);
  } finally {
    Deno.removeSync(ownPath.slice(0, -"/socket".length), { recursive: true });
  }
}
