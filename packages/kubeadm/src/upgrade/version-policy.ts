import { compareReleases, parseRelease, type Release } from './release.ts';

export interface VersionFacts {
  /** The version to upgrade to. */
  readonly target: string;
  /** The API server's version. */
  readonly cluster: string;
  readonly kubeadm: string;
  readonly kubelets: readonly string[];
  readonly allowExperimental: boolean;
  readonly allowReleaseCandidates: boolean;
}

/** The reasons against an upgrade; those of the second kind can be overridden by `--force`. */
export interface VersionProblems {
  readonly mandatory: readonly string[];
  readonly skippable: readonly string[];
}

/** How many minor versions an upgrade may cover, and how many a kubelet may lag behind. */
const upgradeSkew = 1;
const kubeletSkew = 3;

/**
 * Upstream's version skew rules, and two of our own: no downgrade, because an older release may not be able to read a newer one's objects
 * and a kubeadm installs only its own release, because it knows no other images.
 */
export function versionProblems(facts: VersionFacts): VersionProblems {
  const mandatory: string[] = [];
  const skippable: string[] = [];
  const target = parseRelease(facts.target);
  const cluster = parseRelease(facts.cluster);
  const kubeadm = parseRelease(facts.kubeadm);
  if (!target) return { mandatory: [`"${facts.target}" is not a version`], skippable };
  if (!cluster)
    return { mandatory: [`Unable to fetch cluster version: "${facts.cluster}" is not a version`], skippable };
  if (!kubeadm)
    return { mandatory: [`Unable to fetch kubeadm version: "${facts.kubeadm}" is not a version`], skippable };

  if (target.minor > cluster.minor + upgradeSkew) {
    strict(target).push(
      `Specified version to upgrade to "${facts.target}" is too high; kubeadm can upgrade only ${upgradeSkew} minor version at a time`,
    );
  }
  if (compareReleases(target, cluster) < 0) {
    mandatory.push(
      `Specified version to downgrade to "${facts.target}" is lower than the version of the cluster "${facts.cluster}"; downgrades are not supported`,
    );
  } else if (compareReleases(kubeadm, target) < 0) {
    mandatory.push(
      target.minor > kubeadm.minor
        ? `Specified version to upgrade to "${facts.target}" is at least one minor release higher than the kubeadm minor release (${target.minor} > ${kubeadm.minor}). Such an upgrade is not supported`
        : `Specified version to upgrade to "${facts.target}" is higher than the kubeadm version "${facts.kubeadm}". Upgrade kubeadm first using the tool you used to install kubeadm`,
    );
  } else if (compareReleases(kubeadm, target) > 0) {
    mandatory.push(
      `Kubeadm version ${facts.kubeadm} can only be used to upgrade to Kubernetes version ${facts.kubeadm}`,
    );
  }
  const unstable =
    target.preRelease !== '' &&
    !facts.allowExperimental &&
    !(target.preRelease.startsWith('rc') && facts.allowReleaseCandidates);
  if (unstable) {
    skippable.push(
      `Specified version to upgrade to "${facts.target}" is an unstable version and such upgrades weren't allowed via setting the --allow-*-upgrades flags`,
    );
  }
  const old = [...new Set(facts.kubelets)].filter((text) => {
    const kubelet = parseRelease(text);
    return kubelet !== undefined && target.minor > kubelet.minor + kubeletSkew;
  });
  if (old.length > 0) {
    skippable.push(`There are kubelets in this cluster that are too old that have these versions [${old.join(' ')}]`);
  }
  return { mandatory, skippable };

  /** More is allowed for pre-releases. */
  function strict({ preRelease }: Release): string[] {
    return preRelease === '' ? mandatory : skippable;
  }
}
