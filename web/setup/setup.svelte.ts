// The set-up page's state: the form, and what follows from it.

import { createContext } from "svelte";
import {
  planSetup,
  type SetupForm,
  type SetupMachine,
  type SetupPlan,
  TUTORIALS,
} from "../../core/script/mod.ts";
import { FIELD_LENGTH_MAX, FIRST_FORM, resized, type TutorialName, tutorialOf } from "./form.ts";
import { filesOf, kindsOf, type OutputFile, type OutputKind, suspectsOf } from "./output.ts";

export class Setup {
  form: SetupForm = $state.raw(FIRST_FORM);
  #wantedKind: OutputKind = $state("commands");
  /** Whose files are shown; null for all. */
  machine: string | null = $state(null);
  /** Machines by place as they last were, so that going from five to three and back loses nothing. */
  #spare: readonly SetupMachine[] = [];

  readonly plan: SetupPlan = $derived(planSetup(this.form));
  readonly tutorial: TutorialName | null = $derived(tutorialOf(this.form));
  readonly kinds: readonly OutputKind[] = $derived(kindsOf(this.plan));
  readonly kind: OutputKind = $derived(this.kinds.includes(this.#wantedKind) ? this.#wantedKind : "commands");
  /** All files of this kind. */
  readonly files: readonly OutputFile[] = $derived(filesOf(this.plan, this.kind));
  readonly shown: readonly OutputFile[] = $derived.by(() => {
    const own = this.files.filter(({ machine }) => machine === this.machine);
    return own.length > 0 ? own : this.files;
  });
  readonly suspects: readonly string[] = $derived(suspectsOf(this.plan.warnings, this.form));

  show(kind: OutputKind): void {
    this.#wantedKind = kind;
  }

  fill(form: SetupForm): void {
    this.form = form;
    this.#spare = [];
    this.machine = null;
  }

  fillFrom(name: TutorialName): void {
    this.fill(TUTORIALS[name]);
  }

  /** @param size 1 to 9. */
  resize(size: number): void {
    const { machines } = this.form;
    this.#spare = [...machines, ...this.#spare.slice(machines.length)];
    this.form = resized(this.form, size, this.#spare);
    this.machine = null;
  }

  change(part: Partial<Omit<SetupForm, "machines">>): void {
    this.form = { ...this.form, ...part };
  }

  changeMachine(place: number, part: Partial<SetupMachine>): void {
    const cut = Object.fromEntries(
      Object.entries(part).map(([field, text]) => [field, text.slice(0, FIELD_LENGTH_MAX)]),
    );
    const machines = this.form.machines.map((machine, at) => at === place ? { ...machine, ...cut } : machine);
    this.form = { ...this.form, machines };
  }

  /** What a warning offers: the machine's own address instead of localhost. */
  useHost(name: string, host: string): void {
    const place = this.form.machines.findIndex((machine) => machine.name === name);
    const machine = this.form.machines[place];
    if (machine === undefined) return;
    const peerUrl = machine.peerUrl.replace(/^(https?:\/\/)(\[[^\]]*\]|[^/:]+)/, `$1${host}`);
    this.changeMachine(place, { peerUrl });
  }
}

export const [getSetup, setSetup] = createContext<Setup>();
