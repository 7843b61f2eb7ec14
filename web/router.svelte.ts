// The address as state: components read where the visitor is, links and the Back button change it.

import { createContext } from "svelte";
import { hashOf, type Place, placeOf, type RoomName } from "./router.ts";

export class Router {
  place: Place = $state.raw(placeOf(location.hash));

  constructor() {
    addEventListener("hashchange", () => this.place = placeOf(location.hash));
  }

  /** Enters a room; the Back button leads out of it again. */
  go(room: RoomName): void {
    location.hash = hashOf(room);
  }

  /**
   * Keeps what is set in a room in the address, without a new step for the Back button and without telling the room
   * what it said itself. Nothing happens when the visitor is elsewhere by now.
   */
  keepQuery(room: RoomName, query: URLSearchParams): void {
    if (this.place.room !== room) return;
    history.replaceState(history.state, "", hashOf(room, query, this.place.path));
  }
}

export const [getRouter, setRouter] = createContext<Router>();
