import {
  createAuthority,
  createLeaf,
  inspectCertificate,
  privateKeyPem,
  publicKeyPem,
  readPrivateKey,
  verifyCertificate,
} from '@typernetes/pki';
import { type AuthoritySpec, authorities, type LeafSpec, leafFile } from '../certs/certificate-list.ts';
import { CertificateStore, privateKeyProblem } from '../certs/certificate-store.ts';
import { newTokenKey, tokenKeyFile } from '../certs/token-key.ts';
import type { InitConfig } from '../config/internal.ts';
import { certificateKeyAlgorithm } from '../config/key-algorithms.ts';
import type { InitContext } from '../init-context.ts';
import type { Phase } from '../phase.ts';

/** Clocks of machines differ a little: certificates count from a moment ago. */
const allowedSkewMs = 5 * 60_000;

export const certsPhase: Phase<InitContext> = {
  name: 'certs',
  short: 'Certificate generation',
  help: { onlyParts: true, whole: 'Generate all certificates' },
  async run({ config, output }) {
    output.out(`[certs] Using certificateDir folder "${config.cluster.certificatesDir}"\n`);
  },
  phases: [
    ...authorities.flatMap((authority) => [
      authorityPhase(authority),
      ...authority.leaves.map((leaf) => leafPhase(authority, leaf)),
    ]),
    {
      name: 'sa',
      short: 'Generate a private key for signing service account tokens along with its public key',
      run: createServiceAccountKey,
    },
  ],
};

const isUnneeded = ({ neededBy }: AuthoritySpec, { cluster }: InitConfig): boolean =>
  neededBy !== undefined && !neededBy(cluster);

/** An etcd elsewhere has its own certificates; the embedded store needs none. */
function saySkipped(what: string, { config, output }: InitContext): void {
  if (config.cluster.storage.kind !== 'external-etcd') return;
  output.out(`[certs] External etcd mode: Skipping ${what} generation\n`);
}

function authorityPhase(spec: AuthoritySpec): Phase<InitContext> {
  return {
    name: spec.name,
    short: spec.short,
    async run(context) {
      const { config, host, output, clock } = context;
      if (isUnneeded(spec, config)) return saySkipped(`${spec.file} certificate authority`, context);
      const store = new CertificateStore(config.cluster.certificatesDir, host.files);
      const { certificate, privateKey } = await store.find(spec.file);
      const loading = failed(`failure loading ${spec.file} certificate`);
      if (certificate !== undefined) {
        const [authority] = await store.chain(spec.file).catch((cause: unknown) => {
          return loading(new Error('failed to load certificate', { cause }));
        });
        if (!inspectCertificate(authority).isAuthority) {
          throw new Error(`certificate ${spec.file} is not a CA`);
        }
        if (privateKey === undefined) {
          output.out(`[certs] Using existing ${spec.file} keyless certificate authority\n`);
        } else output.out(`[certs] Using existing ${spec.file} certificate authority\n`);
        return;
      }
      const path = `${store.folder}/${spec.file}.key`;
      const wrong = privateKey === undefined ? undefined : privateKeyProblem(privateKey, path);
      if (wrong !== undefined) {
        loading(new Error(`failed to load key: couldn't load the private key file ${path}: ${wrong}`));
      }
      output.out(`[certs] Generating "${spec.file}" certificate and key\n`);
      const now = clock.now();
      const validity = { notBefore: now - allowedSkewMs, notAfter: now + config.cluster.caCertificateValidityMs };
      const algorithm = privateKey === undefined ? certificateKeyAlgorithm(config.cluster) : { privateKey };
      await store.save(spec.file, await createAuthority({ commonName: spec.commonName, ...validity }, algorithm));
    },
  };
}

function leafPhase(authority: AuthoritySpec, spec: LeafSpec): Phase<InitContext> {
  return {
    name: spec.name,
    short: spec.short,
    async run(context) {
      const { config, host, output, clock } = context;
      if (isUnneeded(authority, config)) return saySkipped(`${leafFile(spec)} certificate`, context);
      const store = new CertificateStore(config.cluster.certificatesDir, host.files);
      const file = leafFile(spec);
      const now = clock.now();
      if (await isThere(store, { file, authority, spec, now })) {
        output.out(`[certs] Using existing ${file} certificate and key on disk\n`);
        return;
      }
      const issuer = await store
        .authority(authority.file)
        .catch(failed(`couldn't load CA certificate ${authority.name}`));
      output.out(`[certs] Generating "${file}" certificate and key\n`);
      const names = spec.names?.(config) ?? { dnsNames: [], ipAddresses: [] };
      const leaf = await createLeaf(
        issuer,
        {
          commonName: typeof spec.commonName === 'string' ? spec.commonName : spec.commonName(config),
          organizations: spec.organizations ?? [],
          usages: spec.usages,
          ...names,
          notBefore: now - allowedSkewMs,
          notAfter: now + config.cluster.certificateValidityMs,
        },
        certificateKeyAlgorithm(config.cluster),
      );
      await store.save(file, leaf);
      if (spec.names) {
        output.out(
          `[certs] ${file} serving cert is signed for DNS names [${names.dnsNames.join(' ')}] and IPs [${names.ipAddresses.join(' ')}]\n`,
        );
      }
    },
  };
}

/**
 * Whether there is a certificate already, which its authority has signed. A key alone, as `certs generate-csr` leaves it, waits for one: it is not
 * replaced.
 */
async function isThere(
  store: CertificateStore,
  of: { file: string; authority: AuthoritySpec; spec: LeafSpec; now: number },
): Promise<boolean> {
  const { file, authority, spec, now } = of;
  const { certificate, privateKey } = await store.find(file);
  if (certificate === undefined && privateKey === undefined) return false;
  const [leaf, ...intermediates] = await store
    .chain(file)
    .catch(
      failed(
        `failed to write or validate certificate "${spec.name}": failure loading ${file} certificate: failed to load certificate`,
      ),
    );
  const [root] = await store.chain(authority.file).catch(failed(`couldn't load CA certificate ${authority.name}`));
  try {
    verifyCertificate(leaf, { roots: [root], intermediates, now });
  } catch (cause) {
    throw new Error(`[certs] certificate ${file} not signed by CA certificate ${authority.file}`, { cause });
  }
  return true;
}

const failed =
  (what: string) =>
  (cause: unknown): never => {
    throw new Error(what, { cause });
  };

async function createServiceAccountKey({ config, host, output, tokenKeyAhead }: InitContext): Promise<void> {
  const file = tokenKeyFile(config);
  const publicFile = `${config.cluster.certificatesDir}/sa.pub`;
  const existing = await host.files.read(file);
  if (existing !== undefined) {
    const wrong = privateKeyProblem(existing, file);
    if (wrong !== undefined) throw new Error(`file sa.key existed but it could not be loaded properly: ${wrong}`);
    output.out('[certs] Using the existing "sa" key\n');
    await host.files.write(publicFile, publicKeyPem(readPrivateKey(existing)), { mode: 0o600 });
    return;
  }
  output.out('[certs] Generating "sa" key and public key\n');
  const key = await (tokenKeyAhead?.key ?? newTokenKey(config));
  await host.files.write(file, privateKeyPem(key), { mode: 0o600 });
  await host.files.write(publicFile, publicKeyPem(key), { mode: 0o600 });
}
