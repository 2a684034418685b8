import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { proofOf, tokenOf } from './session-cookie.ts';

/** The header that carries the proof, and the prefix of the subprotocol that does for WebSockets, which have no headers of ours. */
const proofHeader = 'x-dashboard-proof';
const proofProtocol = 'dashboard-proof.';

interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

/**
 * Whether the browser says that the request comes from another site (Fetch Metadata); for browsers without that, the
 * cookie and the proof protect.
 */
export function isForeign(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** The user's token, when it is the page of this server that asks. */
export function admitted(headers: IncomingHttpHeaders): { token: string } | Refusal {
  if (isForeign(headers)) return { status: 403, message: 'Requests of other sites are refused' };
  const token = tokenOf(headers.cookie);
  if (token === undefined) return { status: 401, message: 'Nobody is logged in' };
  const shown = [headers[proofHeader]].flat()[0] ?? protocolsOf(headers).find(isProof)?.slice(proofProtocol.length);
  if (shown === undefined || !isSame(shown, proofOf(token)))
    return { status: 403, message: `The request does not show the proof of its session (${proofHeader})` };
  return { token };
}

/** The information in a WebSocket's subprotocols, as it cannot have headers. */
interface AskedProtocols {
  /** For the API server: all but ours. */
  readonly passed: readonly string[];
  /** The requested format of a watch, and its subprotocol: it is accepted when the API server accepts none. */
  readonly form?: { readonly protocol: string; readonly accept: string };
}

const forms: Readonly<Record<string, string>> = {
  'dashboard-json': 'application/json',
  'dashboard-table': 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
};

export function askedProtocols(headers: IncomingHttpHeaders): AskedProtocols {
  const asked = protocolsOf(headers).filter((protocol) => !isProof(protocol));
  const protocol = asked.find((one) => Object.hasOwn(forms, one));
  const accept = protocol === undefined ? undefined : forms[protocol];
  return {
    passed: asked.filter((one) => !Object.hasOwn(forms, one)),
    ...(protocol !== undefined && accept !== undefined ? { form: { protocol, accept } } : {}),
  };
}

const isProof = (protocol: string): boolean => protocol.startsWith(proofProtocol);

const protocolsOf = (headers: IncomingHttpHeaders): string[] =>
  (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '');

function isSame(shown: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
