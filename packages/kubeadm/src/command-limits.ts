/** How long programs of the machine may take, in milliseconds: upstream's kubeadm sets no limits of its own, and waits for what hangs. */

/** What only asks or tells something: `df`, `umount`, `kubelet --version`. On a busy machine they take seconds. */
export const usualLimitMs = 60_000;

/** systemd itself gives a service 90 s to end before it kills it, and as long again to start. */
export const serviceLimitMs = 210_000;

/** Of a whole store or an archive of images: gigabytes on a slow disk. */
export const copyLimitMs = 1_800_000;
