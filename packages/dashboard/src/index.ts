export { anonymousOptions } from './anonymous-options.ts';
export { type Dashboard, type DashboardOptions, dashboard } from './dashboard-handler.ts';
