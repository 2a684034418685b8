export { MetricsApi, type MetricsSources } from './metrics-api.ts';
export { type MetricsHandlerOptions, metricsHandler } from './metrics-handler.ts';
export { scrapeMetrics } from './scrape-metrics.ts';
export { Scraper, type ScraperOptions } from './scraper.ts';
export { readTrust, type Trust } from './trust.ts';
export { UsageHistory } from './usage-history.ts';
