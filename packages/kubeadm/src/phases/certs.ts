import type { KeyObject } from 'node:crypto';
import {
  createAuthority,
  createLeaf,
  privateKeyPem,
  publicKeyPem,
  readPrivateKey,
  verifyCertificate,
} from '@typernetes/pki';
import { type AuthoritySpec, authorities, type LeafSpec, leafFile } from '../certs/certificate-list.ts';
import { CertificateStore, failed } from '../certs/certificate-store.ts';
import { newTokenKey, tokenKeyFile } from '../certs/token-key.ts';
import { warnOfValidity } from '../certs/validity-warning.ts';
import type { InitConfig } from '../config/internal.ts';
import { certificateKeyAlgorithm } from '../config/key-algorithms.ts';
import type { InitContext } from '../init-context.ts';
import { logStep } from '../log-lines.ts';
import type { Phase } from '../phase.ts';
import { requireText } from '../required-file.ts';

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
      const { file, commonName } = spec;
      if (isUnneeded(spec, config)) return saySkipped(`${file} certificate authority`, context);
      const store = new CertificateStore(config.cluster.certificatesDir, host.files);
      if (await store.hasCertificate(file)) {
        await store.chain(file).catch(failed(`failure loading ${file} certificate: failed to load certificate`));
        const kept = (await isGiven(store.key(file))) ? 'certificate authority' : 'keyless certificate authority';
        output.out(`[certs] Using existing ${file} ${kept}\n`);
        return;
      }
      logStep(output, 'certs.go:112', `creating a new certificate authority for ${spec.name}`);
      // A key that somebody has left is kept: upstream wants its certificate, too.
      const privateKey = (await store.hasKey(file))
        ? await store.key(file).catch(failed(`failure loading ${file} certificate: failed to load key`))
        : undefined;
      output.out(`[certs] Generating "${file}" certificate and key\n`);
      const now = clock.now();
      const validity = { notBefore: now - allowedSkewMs, notAfter: now + config.cluster.caCertificateValidityMs };
      const algorithm = privateKey === undefined ? certificateKeyAlgorithm(config.cluster) : { privateKey };
      await store.save(file, await createAuthority({ commonName, ...validity }, algorithm));
    },
  };
}

const isGiven = (read: Promise<unknown>): Promise<boolean> =>
  read.then(
    () => true,
    () => false,
  );

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
      if (await isThere(store, { file, authority, context })) {
        output.out(`[certs] Using existing ${file} certificate and key on disk\n`);
        return;
      }
      const issuer = await store
        .authority(authority.file)
        .catch(failed(`couldn't load CA certificate ${authority.name}`));
      await refuseHalf(store, { file, name: spec.name });
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

/** Whether there is a certificate already, which its authority has signed. */
async function isThere(
  store: CertificateStore,
  of: { file: string; authority: AuthoritySpec; context: InitContext },
): Promise<boolean> {
  const { file, authority, context } = of;
  const chain = await store.chain(file).catch(() => undefined);
  if (chain === undefined) return false;
  const [leaf, ...intermediates] = chain;
  warnOfValidity(file, leaf, context);
  const [root] = await store.chain(authority.file).catch(failed(`couldn't load CA certificate ${authority.name}`));
  warnOfValidity(authority.file, root, context);
  try {
    verifyCertificate(leaf, { roots: [root], intermediates, now: context.clock.now() });
  } catch (cause) {
    throw new Error(`[certs] certificate ${file} not signed by CA certificate ${authority.file}`, { cause });
  }
  return true;
}

/**
 * A certificate that cannot be read is not replaced, and neither is a key alone, as `certs generate-csr` leaves it: it waits for its certificate.
 * Throws what is missing or broken.
 */
async function refuseHalf(store: CertificateStore, { file, name }: { file: string; name: string }): Promise<void> {
  if (!(await store.hasCertificate(file)) && !(await store.hasKey(file))) return;
  const what = `failed to write or validate certificate "${name}": failure loading ${file}`;
  await store.key(file).catch(failed(`${what} key`));
  await store.chain(file).catch(failed(`${what} certificate`));
}

const notLoaded = 'file sa.key existed but it could not be loaded properly';

async function createServiceAccountKey(context: InitContext): Promise<void> {
  const { config, host, output, tokenKeyAhead, externalCa } = context;
  logStep(output, 'certs.go:78', 'creating new public/private key files for signing service account users');
  const file = tokenKeyFile(config);
  const publicFile = `${config.cluster.certificatesDir}/sa.pub`;
  if (await host.files.exists(file)) {
    const existing = await requireText(host.files, file).catch(failed(notLoaded));
    let privateKey: KeyObject;
    try {
      privateKey = readPrivateKey(existing);
    } catch (cause) {
      throw new Error(`${notLoaded}: error reading private key file ${file}`, { cause });
    }
    output.out(`[certs] Using ${externalCa ? 'existing sa keys' : 'the existing "sa" key'}\n`);
    await host.files.write(publicFile, publicKeyPem(privateKey), { mode: 0o600 });
    return;
  }
  output.out('[certs] Generating "sa" key and public key\n');
  const key = await (tokenKeyAhead?.key ?? newTokenKey(config));
  await host.files.write(file, privateKeyPem(key), { mode: 0o600 });
  await host.files.write(publicFile, publicKeyPem(key), { mode: 0o600 });
}
