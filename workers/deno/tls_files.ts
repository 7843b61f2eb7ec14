// TLS from the operator's files: what the flags name is read once, at the start, and becomes the options of node:tls.
// (etcd: pkg/transport/listener.go)

import { Buffer } from "node:buffer";
import { createPrivateKey, X509Certificate } from "node:crypto";
import tls from "node:tls";
import type net from "node:net";
import type { TlsFlags } from "../../core/etcd/tls_flags.ts";
import { type Refusal, refusal } from "./refusal.ts";

/**
 * What clients may speak, best first. One that knows both, such as curl or a browser, wants pages and JSON, and those
 * are served by HTTP/1.1 here; gRPC's clients offer nothing but h2.
 */
const PROTOCOLS = ["http/1.1", "h2"];

/** What a port needs to speak TLS, and what a member needs to dial one. */
export interface TlsSides {
  readonly kind: "tls";
  readonly server: tls.TlsOptions;
  readonly client: tls.ConnectionOptions;
  /** Names that a client's certificate may carry as its common name; empty for any. */
  readonly allowedCommonName: string;
  /** Whether a client's certificate says which user it is. */
  readonly namesUsers: boolean;
}

/** Null when no certificate is named: then nothing is served over TLS. */
export function readTls(flags: TlsFlags): TlsSides | Refusal | null {
  const { certFile, keyFile, trustedCaFile, clientCertAuth, allowedCommonName } = flags;
  if (certFile === "" && keyFile === "") return null;
  const files: Record<string, Buffer> = {};
  for (const [flag, path] of Object.entries({ cert: certFile, key: keyFile, ca: trustedCaFile })) {
    if (path === "") continue;
    const read = readFile(path);
    if (typeof read === "string") {
      return refusal(
        `cannot read ${path} (--${flags.prefix}${FLAG_OF[flag]}): ${read}`,
        "name a file in PEM form",
      );
    }
    files[flag] = read;
  }
  const { cert, key, ca } = files;
  if (cert === undefined || key === undefined) {
    return refusal(
      `KeyFile and CertFile must both be present[key: ${keyFile}, cert: ${certFile}]`,
      `name both --${flags.prefix}cert-file and --${flags.prefix}key-file`,
    );
  }
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
      throw new Error("the key is another certificate's");
    }
    tls.createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) });
  } catch (error) {
    return refusal(
      `${certFile} and ${keyFile} cannot be used: ${(error as Error).message}`,
      "name a certificate in PEM form and the key that belongs to it",
    );
  }
  // As in etcd, naming whom to trust already means that clients have to show a certificate of theirs.
  const asks = clientCertAuth || ca !== undefined;
  const trusted = ca === undefined ? {} : { ca };
  return {
    kind: "tls",
    server: { cert, key, ...trusted, requestCert: asks, rejectUnauthorized: asks, ALPNProtocols: PROTOCOLS },
    client: { cert, key, ...trusted },
    allowedCommonName,
    namesUsers: clientCertAuth,
  };
}

const FLAG_OF: Readonly<Record<string, string>> = {
  cert: "cert-file",
  key: "key-file",
  ca: "trusted-ca-file",
};

function readFile(path: string): Buffer | string {
  try {
    return Buffer.from(Deno.readFileSync(path));
  } catch (error) {
    return (error as Error).message;
  }
}

/** A server whose connections are handed on once they are secure and known; the others end with a line. */
export function tlsServer(
  sides: TlsSides,
  onConnection: (socket: net.Socket) => void,
  warn: (line: string) => void,
): net.Server {
  const server = tls.createServer(sides.server, (socket) => {
    const name = commonNameOf(socket);
    if (sides.allowedCommonName === "" || name === sides.allowedCommonName) return onConnection(socket);
    warn(
      `rejected connection${from(socket)}: client certificate authentication failed: its common name is "${
        name ?? ""
      }"`,
    );
    socket.destroy();
  });
  server.on("tlsClientError", (error: Error, socket: net.Socket) => {
    warn(`rejected connection${from(socket)} (${error.message})`);
    socket.destroy();
  });
  return server;
}

/** A connection that was broken off may not know any more where it came from. */
function from({ remoteAddress, remotePort }: net.Socket): string {
  return remoteAddress === undefined ? "" : ` from "${remoteAddress}:${remotePort}"`;
}

/** The common name of the certificate that the other side has shown, and that has been verified. */
export function commonNameOf(socket: net.Socket): string | null {
  if (!(socket instanceof tls.TLSSocket) || !socket.authorized) return null;
  const name = socket.getPeerCertificate().subject?.CN as unknown;
  return typeof name === "string" && name !== "" ? name : null;
}
