export { silentLogger } from '../silent-logger.ts';
export { FakeClock } from './fake-clock.ts';
export { seededNumbers, seedsOr } from './seeded-numbers.ts';
