/// <reference lib="dom" />
// The entry of the historian's Web Worker.

import { expose } from "comlink";
import { Historian } from "./historian.ts";

expose(new Historian());
