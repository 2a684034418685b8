import type { FlagSpec, ParsedFlags } from '@typernetes/process';

const file = (what: string, signer: string) =>
  ({
    type: 'string',
    default: '',
    help: `Filename containing a PEM-encoded ${what} used to issue certificates for the ${signer} signer. If specified, --cluster-signing-{cert,key}-file must not be set.`,
  }) as const satisfies FlagSpec<'string'>;
const certificate = (signer: string) => file('X509 CA certificate', `kubernetes.io/${signer}`);
const key = (signer: string) => file('RSA or ECDSA private key', `kubernetes.io/${signer}`);

/** A CA for each of the certificates.k8s.io signers that the controller manager implements. */
export const signerFlags = {
  'cluster-signing-kube-apiserver-client-cert-file': certificate('kube-apiserver-client'),
  'cluster-signing-kube-apiserver-client-key-file': key('kube-apiserver-client'),
  'cluster-signing-kubelet-client-cert-file': certificate('kube-apiserver-client-kubelet'),
  'cluster-signing-kubelet-client-key-file': key('kube-apiserver-client-kubelet'),
  'cluster-signing-kubelet-serving-cert-file': certificate('kubelet-serving'),
  'cluster-signing-kubelet-serving-key-file': key('kubelet-serving'),
  'cluster-signing-legacy-unknown-cert-file': certificate('legacy-unknown'),
  'cluster-signing-legacy-unknown-key-file': key('legacy-unknown'),
} as const;

type SignerFlags = ParsedFlags<typeof signerFlags>;

/** Each signer's part of the flag names, and the signer's name. */
const signers = {
  'kube-apiserver-client': 'kubernetes.io/kube-apiserver-client',
  'kubelet-client': 'kubernetes.io/kube-apiserver-client-kubelet',
  'kubelet-serving': 'kubernetes.io/kubelet-serving',
  'legacy-unknown': 'kubernetes.io/legacy-unknown',
} as const;

/** The files of each signer with a CA of its own. */
export function signerFiles(flags: SignerFlags): { signer: string; certificate: string; key: string }[] {
  return Object.entries(signers).flatMap(([part, signer]) => {
    const name = part as keyof typeof signers;
    const own = {
      certificate: flags[`cluster-signing-${name}-cert-file`],
      key: flags[`cluster-signing-${name}-key-file`],
    };
    return own.certificate === '' && own.key === '' ? [] : [{ signer, ...own }];
  });
}

/**
 * Problems of these flags, with upstream's messages. `all`: whether `--cluster-signing-{cert,key}-file` are given too.
 */
export function signerProblems(flags: SignerFlags, all: boolean): string[] {
  const own = signerFiles(flags);
  return [
    ...own.flatMap(({ signer, certificate, key }) =>
      certificate === '' || key === ''
        ? [`cannot specify the certificate of the ${signer} signer without its key, or its key without it`]
        : [],
    ),
    ...(all && own.length > 0
      ? ['cannot specify --cluster-signing-{cert,key}-file and other --cluster-signing-*-file flags at the same time']
      : []),
  ];
}
