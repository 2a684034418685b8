/** The Kubernetes release whose API is implemented. */
export const kubernetesVersion = 'v1.36.2';

/** Set by `tools/build-version.ts` for builds under another version: tests of upgrades need two. */
declare const TYPERNETES_BUILD_VERSION: string | undefined;

/** The version of this project. */
export const typernetesVersion = typeof TYPERNETES_BUILD_VERSION === 'string' ? TYPERNETES_BUILD_VERSION : '0.1.0';

/** The sources of a bundle (`tools/bundle.ts`); undefined when running from source. */
declare const TYPERNETES_BUILD_SOURCE: BuildSource | undefined;

export interface BuildSource {
  readonly commit: string;
  readonly treeState: string;
  /** RFC 3339. */
  readonly date: string;
}

/** As an upstream build without version information: no commit, and the Unix epoch. */
export const buildSource: BuildSource =
  typeof TYPERNETES_BUILD_SOURCE === 'object'
    ? TYPERNETES_BUILD_SOURCE
    : { commit: '', treeState: '', date: '1970-01-01T00:00:00Z' };

/** What `/version`, nodes and `--version` report. */
export const version = `${kubernetesVersion}+typernetes.${typernetesVersion}`;

/** Image tags may not hold a plus sign. */
export const imageTag = `${kubernetesVersion}-typernetes.${typernetesVersion}`;

/** The prefix of our own images: they are never pulled from there, but loaded into the machines. */
export const imageRepository = 'localhost/typernetes';
