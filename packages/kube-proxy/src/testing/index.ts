export { makeProxierOptions } from './proxier-options.ts';
export { makeBackend, makeServicePort } from './service-ports.ts';
