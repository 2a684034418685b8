export { type ControllerUnderTest, type RunOptions, runController } from './run-controller.ts';
export { serveDiscovery } from './serve-discovery.ts';
