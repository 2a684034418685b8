/** Values that go with a log message. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Structured logging: messages are constant texts, what varies goes into the fields.
 * error: a person should look; warn: unexpected but handled; info: a state change worth keeping; debug: everything else.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, error: unknown, fields?: LogFields): void;
  /** A logger that adds `fields` to each of its messages. */
  with(fields: LogFields): Logger;
}
