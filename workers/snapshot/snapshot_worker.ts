/// <reference lib="dom" />
// The entry of the worker in which a snapshot is open.

import { expose } from "comlink";
import { SnapshotDesk } from "./snapshot_desk.ts";

expose(new SnapshotDesk());
