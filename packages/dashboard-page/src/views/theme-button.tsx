import { useEffect, useState } from 'preact/hooks';

type Theme = '' | 'light' | 'dark';
const key = 'dashboard-theme';
const next: Readonly<Record<Theme, Theme>> = { '': 'light', light: 'dark', dark: '' };
const labels: Readonly<Record<Theme, string>> = { '': 'as the system', light: 'light', dark: 'dark' };
const signs: Readonly<Record<Theme, string>> = { '': '◐', light: '○', dark: '●' };

/** Light, dark, or as the system has it, which is remembered in this browser. */
export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(() => themeOf(localStorage.getItem(key)));
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    if (theme === '') localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  }, [theme]);
  const label = `Colours: ${labels[theme]}`;
  return (
    <button type="button" class="theme" aria-label={label} title={label} onClick={() => setTheme(next[theme])}>
      {signs[theme]}
    </button>
  );
}

const themeOf = (kept: string | null): Theme => (kept === 'light' || kept === 'dark' ? kept : '');
