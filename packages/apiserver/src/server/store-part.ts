import { randomUUID } from 'node:crypto';
import { createReadStream, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StatusError } from '@typernetes/machinery';
import type { Store } from '@typernetes/store';
import type { StorageConfig } from '../options/storage-config.ts';
import { jsonReply } from '../request/reply.ts';
import type { Reply, Sink } from '../request/server-request.ts';
import type { ApiServerParts } from './part-slots.ts';

const root = '/typernetes/store';

/** Information about the store for administrators, at paths that only their role allows; see `typernetes store`. */
export function storePart(store: Store, { config }: { readonly config: StorageConfig }): Partial<ApiServerParts> {
  let isTaking = false;
  return {
    routes: [
      async ({ request }) => {
        const { path, method } = request;
        if (path !== root && path !== `${root}/snapshot`) return undefined;
        if (method !== 'GET')
          throw new StatusError('MethodNotAllowed', `the server does not allow ${method} on ${path}`);
        if (path === root) return jsonReply(200, { backend: config.backend, revision: await store.currentRevision() });
        if (!store.snapshot) throw new StatusError('BadRequest', noSnapshot(config));
        if (isTaking) throw new StatusError('TooManyRequests', 'another snapshot is being taken');
        return streamed(async (sink) => {
          if (isTaking) throw new Error('another snapshot is being taken');
          isTaking = true;
          try {
            await sendSnapshot(store, dirname(config.path), sink);
          } finally {
            isTaking = false;
          }
        });
      },
    ],
  };
}

const streamed = (body: (sink: Sink) => Promise<void>): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/vnd.sqlite3' },
  body,
});

/** Sends a copy, made beside the store where its contents may be; first removes one left by a crash. */
async function sendSnapshot(store: Store, folder: string, sink: Sink): Promise<void> {
  for (const name of readdirSync(folder)) if (name.startsWith('snapshot-')) rmSync(join(folder, name));
  const file = join(folder, `snapshot-${randomUUID()}`);
  try {
    await store.snapshot?.(file);
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      if (sink.signal.aborted) return;
      if (!sink.write(chunk)) await sink.drained();
    }
  } finally {
    rmSync(file, { force: true });
  }
}

function noSnapshot({ backend, etcd }: StorageConfig): string {
  if (backend !== 'etcd3') return `the store is kept in memory: there is no snapshot of it`;
  const take = (servers: readonly string[]) => `"etcdctl --endpoints=${servers.join(',')} snapshot save FILE"`;
  const others = etcd.overrides.map(
    ({ servers, resources }) =>
      ` (of ${resources.map(({ group, resource }) => (group === '' ? resource : `${resource}.${group}`)).join(', ')} with ${take(servers)})`,
  );
  return `the store is an etcd: take its snapshot with ${take(etcd.servers)}${others.join('')}, and restore it with "etcdutl snapshot restore FILE --bump-revision=1000000000 --mark-compacted"`;
}
