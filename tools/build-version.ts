/**
 * Builds programs and images as the version in TYPERNETES_VERSION:
 *
 *     TYPERNETES_VERSION=0.0.9 NODE_OPTIONS=--import=$PWD/tools/build-version.ts npm run images
 *
 * Without the variable it does nothing. Loaded before all other modules: @typernetes/base reads what it sets.
 */
const { TYPERNETES_VERSION } = process.env;
if (TYPERNETES_VERSION) {
  if (!/^\d+\.\d+\.\d+$/.test(TYPERNETES_VERSION)) {
    throw new Error(`Cannot build version "${TYPERNETES_VERSION}": expected MAJOR.MINOR.PATCH`);
  }
  Object.assign(globalThis, { TYPERNETES_BUILD_VERSION: TYPERNETES_VERSION });
}

/** A suffix for caches of a build under another version; "" for the project's own version. */
export const buildSuffix = TYPERNETES_VERSION ? `-${TYPERNETES_VERSION}` : '';
