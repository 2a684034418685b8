/** Timeouts of external programs, in milliseconds. Upstream's kubeadm has none, and waits for programs that hang. */

/** For quick programs: `df`, `umount`, `kubelet --version`. On a busy machine they take seconds. */
export const usualLimitMs = 60_000;

/** systemd itself gives a service 90 s to end before it kills it, and as long again to start. */
export const serviceLimitMs = 210_000;

/** For programs that process a whole store or an image archive: gigabytes on a slow disk. */
export const copyLimitMs = 1_800_000;
