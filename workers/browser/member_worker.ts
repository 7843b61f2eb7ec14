/// <reference lib="dom" />
// The entry of a member's Web Worker.

import { expose } from "comlink";
import { MemberHome } from "./member_home.ts";

const home = new MemberHome();
// A promise that fails unheard leaves a member in a state that nobody thought of.
addEventListener("unhandledrejection", (event) => home.fail(event.reason));
addEventListener("error", (event) => home.fail(event.error ?? event.message));
expose(home);
