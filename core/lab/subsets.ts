// The order in which failures and cuts are numbered, drawn and dealt to workers. A set of members is a bit mask:
// bit i stands for the i-th member, infra1 first.

/**
 * Every set of members that may be down together: fewest first, then in lexicographic order of their members. So
 * three members give {} {1} {2} {3} {1,2} {1,3} {2,3} {1,2,3}: the rows of the failure triangle, one after another.
 * @param size 1 to 9: 2^size sets.
 */
export function failureSubsets(size: number): readonly number[] {
  return Array.from({ length: size + 1 }, (_, count) => subsetsOfCount(size, count)).flat();
}

/**
 * Every way to cut the members in two, each named by its smaller side, smallest first; of two equal halves, by the
 * one that holds the first member, so that no cut is named twice. 2^(size-1) - 1 cuts.
 */
export function twoWayCuts(size: number): readonly number[] {
  const cuts: number[] = [];
  for (let count = 1; 2 * count <= size; count++) {
    const sides = subsetsOfCount(size, count);
    cuts.push(...(2 * count < size ? sides : sides.filter((side) => (side & 1) === 1)));
  }
  return cuts;
}

/** Sets of exactly `count` of `size` members, in lexicographic order. */
export function subsetsOfCount(size: number, count: number): readonly number[] {
  const sets: number[] = [];
  const choose = (first: number, stillToChoose: number, set: number) => {
    if (stillToChoose === 0) {
      sets.push(set);
      return;
    }
    for (let i = first; i <= size - stillToChoose; i++) choose(i + 1, stillToChoose - 1, set | (1 << i));
  };
  choose(0, count, 0);
  return sets;
}

/** Places 0 … size-1 that the mask holds. */
export function placesIn(mask: number, size: number): readonly number[] {
  return Array.from({ length: size }, (_, i) => i).filter((i) => (mask >> i) & 1);
}

/** How many members a mask holds. */
export function countIn(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
