export {
  FlagError,
  type FlagSpec,
  type FlagSpecs,
  flagUsage,
  formatDuration,
  type ParsedArguments,
  type ParsedFlags,
  parseDuration,
  parseFlags,
} from './flags.ts';
