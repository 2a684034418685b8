export { plainResources } from './plain-resources.ts';
