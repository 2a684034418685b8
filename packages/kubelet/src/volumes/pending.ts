/** Something is not ready yet, which is normal and causes no event: the pod just waits for it. */
export class PendingError extends Error {
  override readonly name = 'PendingError';
}
