import type { KeyObject } from 'node:crypto';
import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { ImagePuller } from './command-deps.ts';
import type { InitConfig } from './config/internal.ts';
import type { DryRun } from './dry-run/dry-run.ts';
import type { Host } from './host.ts';
import type { Output } from './output.ts';
import type { Patches } from './patches/patches.ts';

/** What the phases of init work with. */
export interface InitContext {
  readonly config: InitConfig;
  readonly host: Host;
  readonly output: Output;
  readonly clock: Clock;
  /** A client for the text of a kubeconfig. */
  connect(kubeconfig: string): ApiClient;
  newToken(): string;
  /** The key that signs tokens, where it was begun before the phases. */
  readonly tokenKeyAhead?: { readonly key: Promise<KeyObject> } | undefined;
  images(criSocket: string): Promise<ImagePuller>;
  /** Do not create the bootstrap token's hint at the end. */
  readonly skipTokenPrint: boolean;
  /** Share the certificates with control planes to come; `config.certificateKey` seals them. */
  readonly uploadCerts: boolean;
  readonly skipCertificateKeyPrint: boolean;
  /** Where phases that run by themselves were told to look, or to write, instead of at the usual places. */
  readonly elsewhere?: { readonly kubeconfig?: string; readonly kubeconfigFolder?: string };
  /** Show what the addon phases would apply, and apply nothing. */
  readonly printManifest?: boolean;
  /** What the user changes in manifests and configurations before they are written. */
  readonly patches: Patches;
  /** Present when nothing may change: then `host` and `connect` are its. */
  readonly dryRun?: DryRun | undefined;
}
