import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { APIService } from '@typernetes/api/apiregistration/v1';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { RemoteServer } from '../aggregation/remote-server.ts';
import { completeConfig } from './api-server-config.ts';
import { apiServerFlags } from './flags.ts';
import { readMaterial, reloadMaterial, watchedFiles } from './material.ts';

const validity = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };

test('reads renewed client certificates for kubelets and aggregated servers, only as complete pairs', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'material-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = await createAuthority({ commonName: 'ca', ...validity });
  const issue = () => createLeaf(authority, { commonName: 'x', usages: ['client auth', 'server auth'], ...validity });
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const pair = async (name: string) => {
    const { certificate, privateKey } = await issue();
    return [write(`${name}.crt`, certificate), write(`${name}.key`, privateKey)];
  };
  const [tlsCert, tlsKey] = await pair('tls');
  const [kubeletCert = '', kubeletKey = ''] = await pair('kubelet');
  const [proxyCert = '', proxyKey = ''] = await pair('proxy');
  const config = completeConfig(
    parseFlags(apiServerFlags, [
      `--tls-cert-file=${tlsCert}`,
      `--tls-private-key-file=${tlsKey}`,
      `--kubelet-client-certificate=${kubeletCert}`,
      `--kubelet-client-key=${kubeletKey}`,
      `--proxy-client-cert-file=${proxyCert}`,
      `--proxy-client-key-file=${proxyKey}`,
    ]).flags,
    { defaultAddress: () => '127.0.0.1' },
  );
  for (const file of [kubeletCert, kubeletKey, proxyCert, proxyKey]) assert.ok(watchedFiles(config).includes(file));
  const material = readMaterial(config);
  const { kubeletClient, proxyClient } = material;
  const spec = { service: { namespace: 'default', name: 'wardle' } };
  const server = new RemoteServer({ metadata: { name: 'v1.wardle' }, spec } as APIService, {
    resolve: () => ({ host: '127.0.0.1', port: 443 }),
    client: () => material.proxyClient,
  });
  const shown = server.backend('/').tls;

  reloadMaterial(config, material);
  assert.equal(material.kubeletClient, kubeletClient, 'nothing has changed');
  assert.equal(server.backend('/').tls, shown);

  const renewed = await issue();
  write('kubelet.key', renewed.privateKey);
  assert.throws(() => reloadMaterial(config, material), { message: 'tls: private key does not match public key' });
  assert.equal(material.kubeletClient, kubeletClient, 'the certificate is still to come');
  write('kubelet.crt', renewed.certificate);
  await pair('proxy');
  reloadMaterial(config, material);
  assert.deepEqual(material.kubeletClient, { cert: renewed.certificate, key: renewed.privateKey, ca: undefined });
  assert.notDeepEqual(material.proxyClient, proxyClient);
  assert.equal(server.backend('/').tls?.cert, material.proxyClient?.cert);
});
