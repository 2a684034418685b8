import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { configmaps } from '@typernetes/api/core/v1';
import { loadKubeconfig, resolveContext, transportOptions } from '@typernetes/client';
import { startControlPlane } from 'typernetes';
import { WebSocket } from 'ws';

test('a watch over a WebSocket sends one message per event, until either side closes', async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  const { tls = {} } = transportOptions(resolveContext(loadKubeconfig(plane.kubeconfigFile)));
  const url = `${plane.url.replace('https:', 'wss:')}/api/v1/namespaces/default/configmaps?watch=true`;
  const open = (query: string): WebSocket =>
    new WebSocket(`${url}${query}`, { ...tls, ca: tls.ca, origin: 'https://example.com' });
  const maps = plane.client.resource(configmaps);
  await maps.create({ metadata: { namespace: 'default', name: 'a' }, data: { k: '1' } });

  const watch = open('');
  const seen: string[] = [];
  const closed = new Promise<void>((resolve) => {
    watch.on('message', (message, isBinary) => {
      assert.equal(isBinary, false);
      const { type, object } = JSON.parse(String(message));
      seen.push(`${type} ${object.metadata.name}`);
      if (type === 'DELETED') resolve();
    });
  });
  await once(watch, 'message');
  await maps.patch({ namespace: 'default', name: 'a' }, { data: { l: '2' } }, { type: 'merge' });
  await maps.delete({ namespace: 'default', name: 'a' });
  await closed;
  assert.deepEqual(
    seen.filter((line) => line.endsWith(' a')),
    ['ADDED a', 'MODIFIED a', 'DELETED a'],
  );
  watch.close();
  await once(watch, 'close');

  const [code] = await once(open('&timeoutSeconds=1'), 'close');
  assert.equal(code, 1000);
  // Errors are reported before the protocol changes.
  const [, answer] = await once(open('&resourceVersion=x'), 'unexpected-response');
  assert.equal(answer.statusCode, 400);
  // As upstream, whose library takes nobody who does not say where he comes from.
  const refused = new WebSocket(url, { ...tls, ca: tls.ca });
  const [, refusal] = await once(refused, 'unexpected-response');
  assert.equal(refusal.statusCode, 403);
});
