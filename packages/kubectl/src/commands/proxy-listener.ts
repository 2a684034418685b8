import { existsSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { codeOf } from '@typernetes/base';
import { asGoConnects } from '../error-text.ts';

type Where = { readonly path: string } | { readonly host: string; readonly port: number };

/** Listens on a Unix socket or on a port; rejects with Go's words. */
export async function listenOn(server: Server, where: Where): Promise<void> {
  try {
    // As in Go, all addresses of IPv4 are all addresses, where there are others.
    const isAll = 'host' in where && where.host === '0.0.0.0';
    if (!isAll || !(await canListen(server, { ...where, host: '::' }))) await listening(server, where);
  } catch (error) {
    throw new Error(listenFailure(error, where));
  }
}

async function canListen(server: Server, where: Where): Promise<boolean> {
  try {
    await listening(server, where);
    return true;
  } catch (error) {
    if (!['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error) ?? '')) throw error;
    return false;
  }
}

function listening(server: Server, where: Where): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The address in Go's form. */
export function boundTo(server: Pick<Server, 'address'>): string {
  const bound = server.address();
  if (typeof bound === 'string' || bound === null) return bound ?? '';
  const { address, port } = bound;
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
};

function listenFailure(error: unknown, where: Where): string {
  const isPort = 'host' in where;
  const reason = reasons[codeOf(error) ?? ''];
  if (reason === undefined) return asGoConnects(error).replace(/^dial tcp: /, 'listen tcp: ');
  // libuv says of a folder that is missing that it may not be used.
  const isMissing = !isPort && codeOf(error) === 'EACCES' && !existsSync(dirname(where.path));
  const at = isPort ? `tcp ${where.host}:${where.port}` : `unix ${where.path}`;
  return `listen ${at}: bind: ${isMissing ? 'no such file or directory' : reason}`;
}
