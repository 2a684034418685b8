import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Service } from '@typernetes/api/core/v1';
import { httpTransport, readBody, type Transport } from '@typernetes/client';
import { newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { startEtcd } from './etcd-server.ts';
import { loopbackCertificates } from './loopback-certificates.ts';
import { freePort, startServer } from './server-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'kube-apiserver-'));
const etcd = await startEtcd();
after(async () => {
  await etcd.remove();
  rmSync(folder, { recursive: true });
});

/** The flags of controller-runtime's envtest, without the port. */
async function environmentFlags(clientCa: string): Promise<readonly string[]> {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const key = file('sa.key', privateKeyPem(await newPrivateKey('RSA-2048')));
  return [
    '--advertise-address=127.0.0.1',
    '--allow-privileged=true',
    '--authorization-mode=RBAC',
    '--bind-address=127.0.0.1',
    `--cert-dir=${join(folder, 'certs')}`,
    `--client-ca-file=${file('client-ca.crt', clientCa)}`,
    '--disable-admission-plugins=ServiceAccount',
    `--etcd-servers=${etcd.endpoint}`,
    '--service-account-issuer=https://127.0.0.1/',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--service-cluster-ip-range=10.0.0.0/24',
  ];
}

async function kubernetesService(transport: Transport): Promise<Service['spec']> {
  const path = '/api/v1/namespaces/default/services/kubernetes';
  const response = await transport.request({ method: 'GET', path });
  const body = Buffer.from(await readBody(response)).toString();
  assert.equal(response.status, 200, body);
  return (JSON.parse(body) as Service).spec;
}

test('without a certificate, a server makes one in --cert-dir, which clients can trust, and keeps it', async () => {
  const now = Date.now();
  const { ca, admin } = await loopbackCertificates({ notBefore: now - 60_000, notAfter: now + 86_400_000 });
  const flags = await environmentFlags(ca.certificate);
  const certFile = join(folder, 'certs', 'apiserver.crt');
  const started = async (...more: string[]) => {
    const port = await freePort();
    const address = `https://127.0.0.1:${port}`;
    const identity = { cert: admin.certificate, key: admin.privateKey };
    const connect = (): Transport => {
      const tls = { ca: readFileSync(certFile, 'utf8'), ...identity };
      return httpTransport({ server: address, tls });
    };
    // Clients connect before it has a certificate.
    const ask = (): Transport => httpTransport({ server: address, tls: { insecureSkipVerify: true, ...identity } });
    const server = await startServer({ flags: [...flags, `--secure-port=${port}`, ...more], connect: ask });
    return { port, connect, end: () => server.end('SIGTERM') };
  };

  const first = await started();
  const certificate = readFileSync(certFile, 'utf8');
  const transport = first.connect();
  assert.deepEqual((await kubernetesService(transport)).ports, [
    { name: 'https', protocol: 'TCP', port: 443, targetPort: first.port },
  ]);
  transport.close();
  await first.end();
  const { subjectAltName, keyUsage } = new X509Certificate(certificate);
  assert.equal(
    subjectAltName,
    'DNS:kubernetes.default.svc, DNS:kubernetes.default, DNS:kubernetes, IP Address:127.0.0.1, IP Address:10.0.0.1',
  );
  assert.deepEqual(keyUsage, ['1.3.6.1.5.5.7.3.1']);

  // The Service leads to the server's current port.
  const second = await started('--kubernetes-service-node-port=30443');
  const again = second.connect();
  const { type, ports } = await kubernetesService(again);
  assert.deepEqual(
    { type, ports },
    {
      type: 'NodePort',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: second.port, nodePort: 30443 }],
    },
  );
  again.close();
  await second.end();
  assert.equal(readFileSync(certFile, 'utf8'), certificate);
});
