/** An object is asked for that has no name. */
export class MissingNameError extends Error {
  override readonly name = 'MissingNameError';

  constructor() {
    super('resource name may not be empty');
  }
}
