/** Go's `%g` in its shortest form: with an exponent from a million on. */
export function goFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return plainNumber(digits, power);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function plainNumber(digits: string, power: number): string {
  const value = Number(`${digits}e${power}`);
  return Number.isInteger(value)
    ? BigInt(value).toString()
    : value.toFixed(Math.max(0, digits.replace(/^-?\d\.?/, '').length - power));
}
