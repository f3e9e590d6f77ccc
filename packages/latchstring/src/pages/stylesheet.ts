import { createHash } from 'node:crypto'

/** The look of every page. The colours are custom properties, so that a few lines of CSS give it another face. */
export const STYLESHEET: string = `:root {
  color-scheme: light dark;
  --paper: #f6f5f1;
  --card: #fff;
  --ink: #1c1b19;
  --muted: #5f5b54;
  --line: #e4e0d8;
  --edge: #8a847a;
  --frame: #cdc8be;
  --accent: #155c4b;
  --accent-hover: #0e4638;
  --on-accent: #fff;
  --tint: #e9f1ee;
  --bad: #a4261d;
  --bad-hover: #861c15;
  --on-bad: #fff;
  --bad-tint: #fcefed;
  --shadow: 0 1px 2px rgb(40 36 28 / 6%), 0 8px 28px rgb(40 36 28 / 7%);
}

@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131413;
    --card: #1c1e1c;
    --ink: #ecebe7;
    --muted: #a6a49c;
    --line: #323531;
    --edge: #7d807a;
    --frame: #494d48;
    --accent: #7fd0b6;
    --accent-hover: #a0dfca;
    --on-accent: #07251c;
    --tint: #1d312a;
    --bad: #ff9d92;
    --bad-hover: #ffbab2;
    --on-bad: #3a0b06;
    --bad-tint: #371c19;
    --shadow: none;
  }
}

*, ::before, ::after { box-sizing: border-box; }

body {
  margin: 0;
  min-height: 100vh;
  padding-bottom: 4rem;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere;
  -webkit-text-size-adjust: 100%;
}

header, main {
  width: min(100% - 2rem, 44rem);
  margin-inline: auto;
}

header {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: .5rem 1.25rem;
  padding-block: 1.25rem;
}

.visitor header {
  justify-content: center;
  padding-block: clamp(1.5rem, 9vh, 5.5rem) 1.5rem;
}

.brand {
  display: inline-flex;
  align-items: center;
  gap: .65rem;
  color: var(--ink);
  font-size: 1.125rem;
  font-weight: 650;
  letter-spacing: -.01em;
  text-decoration: none;
}

.mark {
  display: grid;
  flex: none;
  place-items: center;
  width: 2rem;
  height: 2rem;
  border-radius: .6rem;
  background: var(--accent);
  color: var(--on-accent);
  font-weight: 700;
}

nav {
  display: flex;
  flex-wrap: wrap;
  gap: .25rem 1.25rem;
  margin-left: auto;
}

nav a, .plain {
  padding: .35rem 0;
  border: 0;
  background: none;
  color: var(--muted);
  font: inherit;
  text-decoration: none;
}

nav a:hover, nav a[aria-current], .plain:hover { color: var(--ink); }
nav a[aria-current] { box-shadow: 0 2px var(--accent); }

h1, h2 {
  margin: 0;
  line-height: 1.25;
  letter-spacing: -.015em;
  text-wrap: balance;
}

h1 { font-size: 1.5rem; font-weight: 680; }
h2 { font-size: 1.0625rem; font-weight: 650; letter-spacing: 0; }
p { margin: 0; }

.narrow, .card {
  border: 1px solid var(--line);
  border-radius: 1rem;
  background: var(--card);
  box-shadow: var(--shadow);
}

.narrow {
  display: grid;
  gap: 1.25rem;
  max-width: 26rem;
  padding: clamp(1.5rem, 6vw, 2.25rem);
}

.member .narrow { margin-top: clamp(.5rem, 5vh, 3rem); }

.wide {
  display: grid;
  gap: 1.25rem;
  padding-top: 1.25rem;
}

.wide h1 { font-size: 1.75rem; }
.wide > section:not(.card) > h2 { margin: .75rem 0 .75rem; }

.card {
  display: grid;
  gap: 1rem;
  padding: clamp(1.1rem, 4vw, 1.5rem);
}

.wide .card :is(form, .field) { max-width: 26rem; }
.lead, .muted, .hint, .optional, dt, .links span { color: var(--muted); }
.lead { max-width: 38rem; text-wrap: pretty; }
.muted, .hint, .problem, dl, .aside { font-size: .925rem; }
form, .field { display: grid; gap: 1.1rem; }
.field { gap: .4rem; }
label, summary { font-weight: 600; }
.optional { font-weight: 400; }

.choice {
  display: flex;
  align-items: center;
  gap: .6rem;
  font-weight: 400;
}

input {
  width: 100%;
  min-height: 2.75rem;
  padding: .5rem .75rem;
  border: 1px solid var(--edge);
  border-radius: .6rem;
  background: var(--card);
  color: inherit;
  font: inherit;
}

input[type=checkbox] {
  flex: none;
  width: 1.15rem;
  min-height: 1.15rem;
  margin: 0;
  accent-color: var(--accent);
}

input[aria-invalid] { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad); }
.problem { color: var(--bad); font-weight: 600; }

button:not(.plain), .button {
  min-height: 2.75rem;
  padding: .6rem 1.15rem;
  border: 1px solid var(--accent);
  border-radius: .6rem;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  line-height: 1.4;
  text-align: center;
  text-decoration: none;
}

button { cursor: pointer; }
:is(button:not(.plain), .button):hover { border-color: var(--accent-hover); background: var(--accent-hover); }
:is(button, .button).danger { border-color: var(--bad); background: var(--bad); color: var(--on-bad); }
:is(button, .button).danger:hover { border-color: var(--bad-hover); background: var(--bad-hover); }
:is(button, .button).quiet { border-color: var(--frame); background: var(--card); color: var(--accent); }
:is(button, .button).quiet:hover { border-color: var(--accent); background: var(--tint); }
:is(button, .button).quiet.danger { color: var(--bad); }
:is(button, .button).quiet.danger:hover { border-color: var(--bad); background: var(--bad-tint); }
.wide :is(button, .button) { justify-self: start; }

a { color: var(--accent); text-underline-offset: .2em; }
.aside { text-align: center; text-wrap: balance; color: var(--muted); }
.aside a { white-space: nowrap; }
.narrow > form + .aside { margin-top: .25rem; }
.aside + .aside { margin-top: -.75rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

.alert, .notice {
  padding: .75rem 1rem;
  border-left: 4px solid var(--accent);
  border-radius: .5rem;
  background: var(--tint);
}

.alert { border-color: var(--bad); background: var(--bad-tint); color: var(--bad); font-weight: 600; }

.badge {
  display: inline-block;
  padding: .1rem .55rem;
  border-radius: 1rem;
  background: var(--paper);
  color: var(--muted);
  font-size: .8125rem;
  font-weight: 600;
  white-space: nowrap;
}

.good { background: var(--tint); color: var(--accent); }

.who {
  padding: .6rem .9rem;
  border-radius: .6rem;
  background: var(--paper);
  font-weight: 600;
}

dl { display: grid; gap: .35rem; margin: 0; }
dl div { display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: 0 1rem; }
dd { margin: 0; }
ul, ol { margin: 0; padding: 0; list-style: none; }
.steps { padding-left: 1.25rem; list-style: decimal; }
.steps li + li { margin-top: .35rem; }
.stack { display: grid; gap: 1.25rem; }
.row, .split { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; }
.split { flex-wrap: nowrap; align-items: baseline; justify-content: space-between; }
.split > div { flex: 1 1 0; }
.row input { flex: 1 1 12rem; width: auto; }
summary { width: fit-content; color: var(--accent); font-size: .925rem; cursor: pointer; }
details form { gap: .4rem; margin-top: .75rem; }

.links { gap: 0; padding: 0; overflow: hidden; }
.links li + li, .timeline li + li { border-top: 1px solid var(--line); }
.links a { position: relative; display: grid; gap: .1rem; padding: 1rem 2.75rem 1rem clamp(1.1rem, 4vw, 1.5rem); color: inherit; text-decoration: none; }
.links a:hover { background: var(--tint); }
.links a:focus-visible { outline-offset: -3px; border-radius: 1rem; }
.links span { font-size: .925rem; }
.links a::after {
  content: "";
  position: absolute;
  top: calc(50% - .25rem);
  right: 1.5rem;
  width: .5rem;
  height: .5rem;
  border: solid var(--edge);
  border-width: 2px 2px 0 0;
  rotate: 45deg;
}

.timeline { gap: 0; padding-block: .35rem; }
.timeline li { position: relative; padding: .8rem 0 .8rem 1.4rem; }
.timeline li::before {
  content: "";
  position: absolute;
  top: 1.3rem;
  left: 0;
  width: .6rem;
  height: .6rem;
  border: 2px solid var(--edge);
  border-radius: 50%;
}
.timeline .alarming::before { border-color: var(--bad); background: var(--bad); }

.mail { font-size: .925rem; white-space: pre-wrap; }

@media (max-width: 34rem) {
  nav { order: 1; width: 100%; }
  nav + form { margin-left: auto; }
  dl div { grid-template-columns: 1fr; }
  dl { gap: .6rem; }
  .row, .row form, .row button { width: 100%; }
}

@media (prefers-reduced-motion: no-preference) {
  a, button, .button, input { transition: background-color .15s, border-color .15s, color .15s; }
}
`

/** Where pages look for a stylesheet: another content has another name. */
export function stylesheetPath(text: string): string {
  return `/latchstring-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.css`
}
