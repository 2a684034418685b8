import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Node, nodes } from '@typernetes/api/core/v1';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { sharedInformers } from '@typernetes/client';
import { FakeApi } from '@typernetes/client/testing';
import { NetworkAgent } from '../agent.ts';
import { linuxHost } from '../host.ts';
import type { NetworkSettings } from '../settings.ts';

/** Runs an agent on this host's kernel, over an API in memory, until it has set up the network once. */
export async function runAgent(self: string, cluster: readonly Node[], settings: NetworkSettings): Promise<void> {
  const api = new FakeApi({ clock: systemClock });
  for (const node of cluster) await api.resource(nodes).create(node);
  const informers = sharedInformers({ client: api, log: silentLogger, clock: systemClock });
  const folder = mkdtempSync(join(tmpdir(), 'network-agent-'));
  const options = { nodeName: self, configPath: join(folder, 'config'), resyncMs: 60_000, settings };
  const failures: unknown[] = [];
  const log = { ...silentLogger, error: (_text: string, error: unknown) => void failures.push(error) };
  const agent = new NetworkAgent(options, { informers, host: linuxHost, clock: systemClock, log });
  const stop = new AbortController();
  const running = Promise.all([agent.run(stop.signal), informers.run(stop.signal)]);
  while (!agent.ready && failures.length === 0) await systemClock.sleep(5);
  stop.abort();
  await running;
  rmSync(folder, { recursive: true });
  if (failures.length > 0) throw failures[0];
}
