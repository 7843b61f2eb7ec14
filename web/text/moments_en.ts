// The words of the famous moments in English, loaded with their room. `moments_zh.ts` has the same shape. Names are
// those of core/timeline/moments.

export interface MomentWords {
  readonly title: string;
  /** One sentence: what is on the stage. */
  readonly sentence: string;
  /** What to look at, and what comes when time goes on. */
  readonly watch: string;
}

export const momentsEn = {
  title: "Famous moments",
  lede:
    "Each of these is a real run, staged on the simulator and stopped where it gets interesting. Step on, go back, or act, and it becomes a branch of your own.",
  open: "Watch it",
  opening: "Setting the stage …",
  unknown: (slug: string) => `There is no moment called “${slug}”. Here are those there are.`,
  failed: (why: string) => `This moment could not be staged: ${why}.`,
  all: "All moments",
  next: "Next moment",
  facts: (members: number, rules: "etcd" | "textbook") =>
    `${members} members · ${rules === "etcd" ? "etcd rules" : "textbook rules"}`,
  still: (title: string) => `${title}: the members, who hears whom, and the ends of their logs`,
  groups: {
    elections: "Elections",
    logs: "Logs",
    disks: "Disks and members",
  },
  moments: {
    "split-vote": {
      title: "The split vote",
      sentence:
        "Two members asked in the same millisecond, each has two votes of five, and term 3 will never have a leader.",
      watch: "Let it go on: a timer drawn anew breaks the tie, and the next term has its leader.",
    },
    "stale-leader": {
      title: "Two leaders at once",
      sentence:
        "infra1 still believes that it leads, cut off with one follower, while infra3 leads a later term and commits.",
      watch:
        "Look at the entry only infra1 and infra2 hold. When the cut heals it is given up, and nobody was told it was safe.",
    },
    "clean-cut-of-four": {
      title: "The clean cut of four",
      sentence:
        "Four members cut into two and two: neither half has three, so nobody leads and nothing can be written.",
      watch: "A fourth member bought no tolerance here. Heal the cut and see who wins.",
    },
    "chained-partition": {
      title: "A chain of five",
      sentence:
        "Each hears only its neighbours; infra3 in the middle still counts to three, and both ends ask in vain.",
      watch: "The ends run their timers again and again, and with pre-vote no term is lost by it.",
    },
    "pre-vote-saves-a-term": {
      title: "Pre-vote saves a term",
      sentence: "Cut off, infra3 has asked four times whether it would win, and is still in term 2.",
      watch:
        "Let it come back: it simply follows, and the leader never notices. Then compare with the next one.",
    },
    "without-pre-vote": {
      title: "The same without pre-vote",
      sentence:
        "Cut off, infra3 counted up to term 6 alone; on its return a healthy leader has to step down.",
      watch: "An election follows that nobody needed. This is why etcd asks before it raises a term.",
    },
    "leadership-handed-over": {
      title: "Leadership handed over",
      sentence:
        "infra1 has told infra2 to campaign at once, and is still leading while the votes are asked for.",
      watch: "No timer had to run out: writes pause for one round of votes, not for an election timeout.",
    },
    "an-entry-given-up": {
      title: "An entry given up",
      sentence:
        "x=2 was on the old leader's disk, reached nobody, and is being replaced by the new leader's entries.",
      watch:
        "Open infra1's disk: the old record is still there, and what follows it says that it no longer counts.",
    },
    "figure-7": {
      title: "Figure 7 of the Raft paper",
      sentence:
        "Seven logs, term for term as in the paper, in the instant before the member on top comes to power.",
      watch:
        "Terms are one higher here, since a cluster's own first entries take term 1. Step on: entry by entry the leader finds where each log agrees, and makes the rest its own.",
    },
    "figure-8": {
      title: "Figure 8: a majority had it, and it is lost",
      sentence:
        "Three of five had the entry of term 2 on disk, and infra5 replaces it: it was never committed.",
      watch:
        "This is why a leader counts disks only for entries of its own term. Scrub back to see all four acts.",
    },
    "stale-read": {
      title: "A stale read",
      sentence:
        "infra3 is cut off and has just answered x=old to a serializable read, while x=new is committed.",
      watch: "The same read, linearizable, now waits at infra3 until the network is whole again.",
    },
    "snapshot-catch-up": {
      title: "A snapshot instead of a log",
      sentence:
        "infra3 slept too long: the entries it needs are cut away, and the leader sends it the whole state.",
      watch: "See the snapshot arrive and infra3's log begin behind it.",
    },
    "torn-write": {
      title: "A torn write",
      sentence: "The power went while infra3 wrote; it is back, has found the torn tail and cut it off.",
      watch: "Nobody was told that the torn entry was safe, so nothing is lost: the leader sends it again.",
    },
    "disk-rot": {
      title: "A bit that turned",
      sentence:
        "One bit of infra3's log changed while it was off, and it refuses to start: rot is not a torn tail.",
      watch: "The other two go on. What it would take to bring infra3 back is said on its card.",
    },
    "removed-leader": {
      title: "The leader removes itself",
      sentence: "infra1's own removal is committed; it leads for one last breath without counting itself.",
      watch: "It goes, infra2 takes over, and from now on two of two are a quorum.",
    },
    "half-switch": {
      title: "Half a broken switch",
      sentence: "Everybody hears infra1, and infra1 hears nobody. It has just let go of the leadership.",
      watch:
        "Without CheckQuorum it would have led for ever and committed nothing, with every timer held still by its heartbeats.",
    },
  } as Readonly<Record<string, MomentWords>>,
};

export type MomentsStrings = typeof momentsEn;
