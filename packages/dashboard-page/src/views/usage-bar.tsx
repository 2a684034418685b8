interface UsageBarProperties {
  readonly label: string;
  readonly used: number;
  /** What `used` is a part of; the bar is empty without it. */
  readonly of: number;
  readonly text: (value: number) => string;
}

/** How much of something is used: a bar and the numbers. */
export const UsageBar = ({ label, used, of, text }: UsageBarProperties) => (
  <div class="usage">
    <span>{label}</span>
    <meter min={0} max={of || 1} high={of * 0.9 || 1} value={of > 0 ? used : 0} aria-label={label} />
    <span>
      {text(used)}
      {of > 0 ? ` of ${text(of)} (${Math.round((used / of) * 100)} %)` : ''}
    </span>
  </div>
);
