// Where in the page a visitor is, read from the part of the address behind `#`: `#/lab?up=99` is the room `lab` with
// something asked of it. The server never sees that part, so that the site works from any folder of any static host.

/** Rooms of the page. `run` is the playground with a recorded run in it. */
export const ROOMS = [
  "playground",
  "run",
  "learn",
  "lab",
  "gallery",
  "moments",
  "setup",
  "attach",
  "snapshot",
] as const;
export type RoomName = (typeof ROOMS)[number];

/** Rooms that the bar on top leads to, in its order. */
export const NAV_ROOMS = ["playground", "lab", "moments"] as const satisfies readonly RoomName[];

export interface Place {
  readonly room: RoomName;
  /** What stands between the room's name and the question mark: `#/learn/4/2` has ["4", "2"]. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** Reads the part of an address that begins with `#`. An address that names no room is the playground's. */
export function placeOf(hash: string): Place {
  const text = hash.replace(/^#?\/?/, "");
  const queryAt = text.indexOf("?");
  const [name = "", ...path] = (queryAt < 0 ? text : text.slice(0, queryAt)).split("/").filter(Boolean);
  const query = new URLSearchParams(queryAt < 0 ? "" : text.slice(queryAt + 1));
  const room = ROOMS.find((known) => known === name);
  return room === undefined ? { room: "playground", path: [], query } : { room, path, query };
}

/** The same the other way round. The playground is `#/`. */
export function hashOf(room: RoomName, query = new URLSearchParams(), path: readonly string[] = []): string {
  const where = [...(room === "playground" ? [] : [room]), ...path].join("/");
  const asked = query.toString();
  return `#/${where}${asked === "" ? "" : `?${asked}`}`;
}
