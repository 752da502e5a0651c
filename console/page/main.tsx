import { render } from 'preact'
import { App } from './app.tsx'
import { openPreferences } from './browser/preferences.ts'
import { Router } from './browser/router.ts'
import { Sessions } from './browser/session.ts'
import { Shortcuts } from './browser/shortcuts.ts'
import './style/tokens.css'
import './style/elements.css'
import './style/frame.css'
import './style/parts.css'
import './style/panels.css'

const root = document.getElementById('page')
if (!root) throw new Error('Cannot show the console: the page has no place for it')
const preferences = openPreferences()
const shortcuts = new Shortcuts(preferences.shortcuts)
const app = { preferences, shortcuts, sessions: new Sessions(), router: new Router() }
render(<App {...app} />, root)
