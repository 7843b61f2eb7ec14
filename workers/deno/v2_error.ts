// What etcd's v2 API says when it does not do what it was asked: a number, a sentence, what it is about, and the
// store's index. (etcdserver/api/v2error)

export class V2Error extends Error {
  readonly code: V2Code;
  /** The key, or what exactly was wrong. */
  readonly about: string;
  readonly index: number;

  constructor(code: V2Code, about: string, index = 0) {
    super(`${MESSAGES[code]} (${about})`);
    this.code = code;
    this.about = about;
    this.index = index;
  }

  get httpStatus(): number {
    return STATUSES[this.code] ?? 400;
  }

  /** The answer's body, in one line. */
  get json(): string {
    const { code: errorCode, about: cause, index } = this;
    return JSON.stringify({
      errorCode,
      message: MESSAGES[errorCode],
      ...(cause === "" ? {} : { cause }),
      index,
    }) +
      "\n";
  }
}

const MESSAGES = {
  100: "Key not found",
  101: "Compare failed",
  102: "Not a file",
  104: "Not a directory",
  105: "Key already exists",
  107: "Root is read only",
  108: "Directory not empty",
  201: "PrevValue is Required in POST form",
  203: "The given index in POST form is not a number",
  209: "Invalid field",
  210: "Invalid POST form",
  300: "Raft Internal Error",
  401: "The event in requested index is outdated and cleared",
} as const;

export type V2Code = keyof typeof MESSAGES;

const STATUSES: Readonly<Partial<Record<V2Code, number>>> = {
  100: 404,
  101: 412,
  102: 403,
  105: 412,
  108: 403,
  300: 500,
};
