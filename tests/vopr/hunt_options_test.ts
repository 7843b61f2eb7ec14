import assert from "node:assert/strict";
import { BadCommand, readCommand } from "./hunt_options.ts";

Deno.test("a seed that is no seed, a rule that is none, and unknown words are refused with the reason", () => {
  const refused: readonly (readonly [string[], RegExp])[] = [
    [["--seed", "x"], /--seed x is not a whole number/],
    [["--seed", "-1"], /seed/],
    [["--seed", "1e3"], /--seed 1e3/],
    [["--seed", ""], /--seed /],
    [["--seed", "9007199254740992"], /not a whole number from 0 to 9007199254740991/],
    [["--jobs", "0"], /--jobs 0 is not from 1 to 64/],
    [["--broken", "everything"], /--broken everything is no rule; there are oneVotePerTerm/],
    [["--sed", "1"], /--sed/],
    [["17"], /17/],
  ];

  for (const [args, why] of refused) {
    assert.throws(
      () => readCommand(args),
      (error) => error instanceof BadCommand && why.test(error.message),
      args.join(" "),
    );
  }
});

Deno.test("a seed alone means that seed alone; minutes or a count mean more", () => {
  assert.equal(readCommand(["--seed", "9"]).count, 1);
  assert.equal(readCommand(["--seed", "9", "--minutes", "5"]).count, null);
  assert.equal(readCommand(["--seed", "9", "--count", "4"]).count, 4);
  assert.equal(readCommand(["--broken", "moreThanHalf"]).count, 500);
  assert.deepEqual(readCommand([]), {
    seed: 1,
    count: null,
    minutes: 1,
    jobs: 1,
    broken: null,
    out: null,
    replay: null,
  });
});
