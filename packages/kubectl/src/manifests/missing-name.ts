/** A request for an object without a name. */
export class MissingNameError extends Error {
  override readonly name = 'MissingNameError';

  constructor() {
    super('resource name may not be empty');
  }
}
