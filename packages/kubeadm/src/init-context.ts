import type { KeyObject } from 'node:crypto';
import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { ImagePuller } from './command-deps.ts';
import type { InitConfig } from './config/internal.ts';
import type { DryRun } from './dry-run/dry-run.ts';
import type { Host } from './host.ts';
import type { Output } from './output.ts';
import type { Patches } from './patches/patches.ts';

/** The context of init's phases. */
export interface InitContext {
  readonly config: InitConfig;
  readonly host: Host;
  readonly output: Output;
  readonly clock: Clock;
  /** Creates a client from the text of a kubeconfig. */
  connect(kubeconfig: string): ApiClient;
  newToken(): string;
  /** The token signing key, if its generation was started before the phases. */
  readonly tokenKeyAhead?: { readonly key: Promise<KeyObject> } | undefined;
  images(criSocket: string): Promise<ImagePuller>;
  /** Withholds the token from the output. */
  readonly skipTokenPrint: boolean;
  /** Uploads the certificates for further control planes, sealed with `config.certificateKey`. */
  readonly uploadCerts: boolean;
  readonly skipCertificateKeyPrint: boolean;
  /** The locations that flags of a single phase set instead of the usual ones. */
  readonly elsewhere?: { readonly kubeconfig?: string; readonly kubeconfigFolder?: string };
  /** The key of the CA is elsewhere, and all that it had to sign is here. */
  readonly externalCa?: boolean;
  /** The addon phases print their manifests instead of applying them. */
  readonly printManifest?: boolean;
  /** The user's patches of manifests and configurations. */
  readonly patches: Patches;
  /** Set in a dry run: `host` and `connect` are then the dry run's. */
  readonly dryRun?: DryRun | undefined;
}
