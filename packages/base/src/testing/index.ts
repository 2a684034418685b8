export { FakeClock } from './fake-clock.ts';
export { silentLogger } from '../silent-logger.ts';
