// Certificates for one test, made by openssl: an authority, a member's, and one for each user.

import assert from "node:assert/strict";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export class Authority {
  readonly #directory: string;
  readonly #name: string;

  private constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
  }

  static async create(directory: string, name: string): Promise<Authority> {
    const authority = new Authority(directory, name);
    // deno-fmt-ignore
    await openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-days", "2", "-subj", `/CN=${name}`, "-keyout", authority.#path("key"), "-out", authority.file);
    return authority;
  }

  /** Its own certificate, for those who trust it. */
  get file(): string {
    return this.#path("crt");
  }

  /** A certificate for localhost with this common name. */
  async sign(commonName: string): Promise<Certificate> {
    const stem = `${this.#directory}/${this.#name}-${commonName}`;
    const [cert, key, request, extensions] = ["crt", "key", "csr", "ext"].map((end) => `${stem}.${end}`) as [
      string,
      string,
      string,
      string,
    ];
    Deno.writeTextFileSync(extensions, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    // deno-fmt-ignore
    await openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-subj", `/CN=${commonName}`, "-keyout", key, "-out", request);
    // deno-fmt-ignore
    await openssl("x509", "-req", "-in", request, "-CA", this.file, "-CAkey", this.#path("key"),
      "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", cert);
    return { cert, key };
  }

  #path(end: string): string {
    return `${this.#directory}/${this.#name}.${end}`;
  }
}

async function openssl(...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("openssl", { args, stdin: "null" }).output();
  assert.equal(code, 0, `openssl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
