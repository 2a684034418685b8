/** The Kubernetes release whose API is spoken. */
export const kubernetesVersion = 'v1.36.2';

/** Set by `tools/build-version.ts` for builds under another version: tests of upgrades need two. */
declare const TYPERNETES_BUILD_VERSION: string | undefined;

/** The version of this project. */
export const typernetesVersion = typeof TYPERNETES_BUILD_VERSION === 'string' ? TYPERNETES_BUILD_VERSION : '0.1.0';

/** What `/version`, nodes and `--version` report. */
export const version = `${kubernetesVersion}+typernetes.${typernetesVersion}`;

/** Image tags may not hold a plus sign. */
export const imageTag = `${kubernetesVersion}-typernetes.${typernetesVersion}`;

/** Where our own images live: nothing is ever pulled from there, they are loaded into the machines. */
export const imageRepository = 'localhost/typernetes';
