/// <reference lib="dom" />
// The page's side of one member: its worker while it has one, what is known of it, and the questions it still owes
// an answer to.

import { type Remote, transfer, wrap } from "comlink";
import { assert } from "../../core/base/assert.ts";
import type { ClientRequest, ClientResponse, MemberInfo, WatchCreate } from "../../core/member/io.ts";
import type { MemberView } from "../../core/member/view.ts";
import type { HostedMember, HostedState } from "./cluster_api.ts";
import { type DiskTrouble, SOUND_DISK } from "./operations.ts";
import type {
  DroppedCounts,
  MemberControl,
  MemberReport,
  MemberStart,
  WatchNews,
} from "./member_protocol.ts";

type Batch = Extract<MemberReport, { kind: "batch" }>;

export interface MemberWatcher {
  /** A batch came, `why` or the state changed. `batch` is null when it was only the latter. */
  onNews(handle: MemberHandle, batch: Batch | null): void;
}

/** A question on its way. */
export interface Ask {
  readonly id: number;
  /** Rejects when the member stops before it answers. */
  readonly answer: Promise<ClientResponse>;
}

interface LiveWorker {
  readonly worker: Worker;
  readonly control: Remote<MemberControl>;
  readonly reports: MessagePort;
}

export class MemberHandle {
  readonly info: MemberInfo;
  readonly place: number;
  readonly #watcher: MemberWatcher;
  readonly #owed = new Map<number, (error: Error) => void>();
  #live: LiveWorker | null = null;
  #state: HostedState = "stopped";
  #why: string | null = null;
  #view: MemberView | null = null;
  #viewAtMs = 0;
  #dropped: DroppedCounts = { strangers: 0, malformed: 0, overflow: 0 };
  #disk: DiskTrouble = SOUND_DISK;
  #startCount = 0;
  #nextAskId = 1;

  constructor(info: MemberInfo, place: number, watcher: MemberWatcher) {
    this.info = info;
    this.place = place;
    this.#watcher = watcher;
  }

  get name(): string {
    return this.info.name;
  }

  get state(): HostedState {
    return this.#state;
  }

  get view(): MemberView | null {
    return this.#view;
  }

  get dropped(): DroppedCounts {
    return this.#dropped;
  }

  /** Frames for this member find somebody who takes them in, now or after a pause. */
  get isReachable(): boolean {
    return this.#state === "running" || this.#state === "paused";
  }

  snapshot(): HostedMember {
    const { name, info: { id } } = this;
    const shown = {
      name,
      id,
      state: this.#state,
      why: this.#why,
      view: this.#view,
      viewAtMs: this.#viewAtMs,
    };
    return this.#disk === SOUND_DISK ? shown : { ...shown, disk: this.#disk };
  }

  /**
   * Starts a worker for this member, which must have none.
   * @param journal to the historian, given away.
   */
  start(start: Omit<MemberStart, "place" | "startId" | "startCount" | "disk">, journal: MessagePort): void {
    assert(this.#live === null, () => `${this.name} has a worker already`);
    const worker = new Worker(new URL("./member_worker.ts", import.meta.url), {
      type: "module",
      name: this.name,
    });
    const { port1: reports, port2 } = new MessageChannel();
    const live: LiveWorker = { worker, control: wrap<MemberControl>(worker), reports };
    this.#live = live;
    reports.onmessage = (event: MessageEvent<MemberReport>) => {
      if (this.#live === live) this.#take(event.data);
    };
    // Its script could not be loaded, or an error escaped everything in it.
    worker.onerror = (event) => {
      if (this.#live === live) {
        this.halt("stopped", `Its worker failed: ${event.message || "it could not start"}.`);
      }
    };
    this.#set("starting", null);
    const own = { place: this.place, startId: Date.now(), startCount: this.#startCount++, disk: this.#disk };
    this.tell((control) =>
      control.start({ ...start, ...own }, transfer(port2, [port2]), transfer(journal, [journal]))
    );
  }

  /** Ends the worker on the spot, if there is one: whatever it was doing is cut off, as by a power cut. */
  halt(state: "stopped" | "refused" | "elsewhere", why: string | null): void {
    if (this.#live !== null) {
      this.#live.worker.terminate();
      this.#live.reports.close();
      this.#live = null;
    }
    this.#set(state, why);
    const error = new Error(
      `${this.name} stopped before it answered; what was asked may or may not have happened`,
    );
    for (const reject of this.#owed.values()) reject(error);
    this.#owed.clear();
  }

  get disk(): DiskTrouble {
    return this.#disk;
  }

  /** Belongs to the disk, so a restart does not end it. */
  setDisk(trouble: DiskTrouble): void {
    this.#disk = trouble.slowMs === 0 && !trouble.full ? SOUND_DISK : trouble;
    this.tell((control) => control.setDisk(trouble));
  }

  pause(): void {
    this.tell((control) => control.pause());
    this.#set("paused", null);
  }

  resume(): void {
    this.tell((control) => control.resume());
    this.#set("running", null);
  }

  /** Speaks to the worker, if there is one; a call that a terminated worker leaves open hurts nobody. */
  tell(call: (control: Remote<MemberControl>) => Promise<unknown>): void {
    const live = this.#live;
    if (live === null) return;
    call(live.control).catch((error: Error) => {
      if (this.#live === live) this.halt("stopped", `Its worker failed: ${error.message}.`);
    });
  }

  ask(request: ClientRequest): Ask {
    const live = this.#live;
    assert(live !== null, () => `${this.name} has no worker to ask`);
    const id = this.#nextAskId++;
    const answer = new Promise<ClientResponse>((resolve, reject) => {
      this.#owed.set(id, reject);
      live.control.request(id, request).then((response) => {
        this.#owed.delete(id);
        resolve(response);
      }, reject);
    });
    return { id, answer };
  }

  /** Opens a watch. `onEnd` is called at most once: the stream is over, or the member stopped. */
  watch(create: WatchCreate, onNews: (news: WatchNews) => void, onEnd: (why: string) => void): () => void {
    assert(this.#live !== null, () => `${this.name} has no worker to ask`);
    const id = this.#nextAskId++;
    const { port1, port2 } = new MessageChannel();
    const close = (): boolean => {
      port1.close();
      return this.#owed.delete(id);
    };
    this.#owed.set(id, () => {
      close();
      onEnd(`${this.name} stopped`);
    });
    port1.onmessage = ({ data }: MessageEvent<WatchNews>) => {
      onNews(data);
      if (data.last && close()) onEnd("the watch ended");
    };
    this.tell((control) => control.watch(id, create, transfer(port2, [port2])));
    return () => {
      if (close()) this.tell((control) => control.cancel(id));
    };
  }

  /** Nobody waits for this answer any more. */
  drop(ask: Ask): void {
    if (this.#owed.delete(ask.id)) this.tell((control) => control.cancel(ask.id));
  }

  #take(report: MemberReport): void {
    switch (report.kind) {
      case "batch":
        this.#view = report.view;
        this.#viewAtMs = report.viewAtMs;
        this.#dropped = report.dropped;
        if (!this.isReachable) this.#set("running", null);
        return this.#watcher.onNews(this, report);
      case "elsewhere":
        return this.#set("elsewhere", `Another tab runs ${this.name}. It starts here when that tab lets go.`);
      case "refused":
      case "stopped":
        return this.halt(report.kind, report.why);
    }
  }

  #set(state: HostedState, why: string | null): void {
    this.#state = state;
    this.#why = why;
    this.#watcher.onNews(this, null);
  }
}
