export { type HollowNodesOptions, hollowNodes } from './hollow-nodes.ts';
export type { NodeAmounts } from './node-object.ts';
export type { PodCourse } from './pod-course.ts';
