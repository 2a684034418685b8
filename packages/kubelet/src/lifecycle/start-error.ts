/** Why a container is waiting: what kubectl shows in its STATUS column. */
type WaitingReason =
  | 'ErrImagePull'
  | 'ImagePullBackOff'
  | 'ErrImageNeverPull'
  | 'InvalidImageName'
  | 'ImageInspectError'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'PostStartHookError'
  | 'CrashLoopBackOff';

/** A container that could not be started this time; it is tried again. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly reason: WaitingReason;

  constructor(reason: WaitingReason, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.reason = reason;
  }
}
