// A member's disk with troubles on top: writes that take longer, in virtual time, and a disk that is full. What has been
// written is the real disk's.

import type { DiskWrite } from "../../core/base/disk.ts";
import type { Disk } from "../../core/member/ports.ts";
import type { Agenda } from "./agenda.ts";
import { type DiskTrouble, SOUND_DISK } from "./operations.ts";

export class TroubledDisk implements Disk {
  readonly #disk: Disk;
  readonly #agenda: Pick<Agenda, "at">;
  readonly #now: () => number;
  #trouble: DiskTrouble = SOUND_DISK;
  #closed = false;

  constructor(disk: Disk, agenda: Pick<Agenda, "at">, now: () => number) {
    this.#disk = disk;
    this.#agenda = agenda;
    this.#now = now;
  }

  setTrouble(trouble: DiskTrouble): void {
    this.#trouble = trouble;
  }

  write(write: DiskWrite, onWritten: () => void, onFailed: (why: string) => void): void {
    const { slowMs, full } = this.#trouble;
    const atMs = this.#now() + slowMs;
    const later = (act: () => void) =>
      this.#agenda.at(atMs, () => {
        if (!this.#closed) act();
      });
    // The words of ENOSPC, as etcd logs them before it gives up.
    if (full) return later(() => onFailed("no space left on device"));
    if (slowMs === 0) return this.#disk.write(write, onWritten, onFailed);
    // Late, and not early with a late receipt: a crash meanwhile must find the old bytes.
    later(() => this.#disk.write(write, onWritten, onFailed));
  }

  close(): void {
    this.#closed = true;
    this.#disk.close();
  }
}
