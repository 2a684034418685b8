export { type SampleOptions, sampleObject } from './sample-object.ts';
