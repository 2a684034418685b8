export { type DraDriverOptions, startDraDriver } from './dra-driver.ts';
export { FakeRuntime, type FakeRuntimeOptions } from './fake-runtime.ts';
