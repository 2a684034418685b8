import { type IpFamily, type Logger, systemClock } from '@typernetes/base';
import { IptablesRules, iptables, NftablesRules, nft, type ProxyMode, type ServiceRules } from '@typernetes/kube-proxy';

interface ServiceRulesOptions {
  readonly log: Logger;
  /** Unused chains could not be deleted (nftables). */
  readonly onCleanupFailure?: () => void;
}

/** The kernel's rules of a family, as the mode writes them. */
export function serviceRules(mode: ProxyMode, family: IpFamily, options: ServiceRulesOptions): ServiceRules {
  return mode === 'nftables'
    ? new NftablesRules(family, { nft: nft(family), clock: systemClock, ...options })
    : new IptablesRules(iptables(family));
}

/** Removes what kube-proxy has written in these modes. A mode whose program is not there has written nothing. */
export async function removeRules(
  families: readonly IpFamily[],
  modes: readonly ProxyMode[],
  log: Logger,
): Promise<void> {
  for (const mode of modes)
    for (const family of families) {
      try {
        if (await serviceRules(mode, family, { log }).remove()) log.info('Removed packet rules', { family, mode });
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      }
    }
}
