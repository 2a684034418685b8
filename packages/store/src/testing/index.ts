export { storeConformance } from '../conformance.ts';
