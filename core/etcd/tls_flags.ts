// The flags of TLS, for clients and for peers, and what the URLs say of it.

import type { FlagReader } from "./flags.ts";
import type { Endpoint } from "./urls.ts";

/** As given; "" for what was not. */
export interface TlsFlags {
  /** "" for clients, "peer-" for peers: how the flags are called. */
  readonly prefix: "" | "peer-";
  readonly certFile: string;
  readonly keyFile: string;
  readonly trustedCaFile: string;
  /** Clients must show a certificate, and one of a client says which user it is. */
  readonly clientCertAuth: boolean;
  /** The only common name that a certificate may carry. */
  readonly allowedCommonName: string;
}

export function readTlsFlags(reader: FlagReader, prefix: TlsFlags["prefix"]): TlsFlags {
  return {
    prefix,
    certFile: reader.text(`${prefix}cert-file`),
    keyFile: reader.text(`${prefix}key-file`),
    trustedCaFile: reader.text(`${prefix}trusted-ca-file`),
    clientCertAuth: reader.boolean(`${prefix}client-cert-auth`),
    allowedCommonName: prefix === "peer-" ? reader.text("peer-cert-allowed-cn") : "",
  };
}

/** Complains where a URL asks for TLS and no certificate is named, and where one port is to speak both. */
export function checkTlsUrls(
  reader: FlagReader,
  { endpoints, flag, tls }: {
    readonly endpoints: readonly Endpoint[];
    readonly flag: string;
    readonly tls: TlsFlags;
  },
): void {
  for (const { scheme, url, host, port } of endpoints) {
    if (scheme !== "https") continue;
    if (tls.certFile === "" || tls.keyFile === "") {
      reader.fail(
        `--${flag}: TLS key/cert (--${tls.prefix}cert-file, --${tls.prefix}key-file) must be provided for url ${url} ` +
          "with HTTPS scheme; name both files, or use http://",
      );
    }
    const isTwice = endpoints.some((other) =>
      other.scheme === "http" && other.host === host && other.port === port
    );
    if (isTwice) {
      reader.fail(
        `--${flag}: ${url} cannot be served with and without TLS on one port; give one of the two another port`,
      );
    }
  }
}
