/** A kubeconfig that cannot be used; the message is what kubectl prints. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
