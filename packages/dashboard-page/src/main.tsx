import { render } from 'preact';
import '@xterm/xterm/css/xterm.css';
import './style.css';
import { App } from './pages/app.tsx';

const page = document.getElementById('page');
if (!page) throw new Error('The page has no place for the dashboard');
render(<App fetch={window.fetch.bind(window)} />, page);
