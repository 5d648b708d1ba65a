import { escape } from '../report/escape.ts';

export interface Shell {
  readonly title: string;
  readonly seed: number;
  /** Proves that an action comes from this page. */
  readonly token: string;
}

/** A quay seen from the side, with two instances at it: the page's icon. */
export const iconSvg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b4f6c"/><path d="M4 11h24" stroke="#fff" stroke-width="3"/><rect x="6" y="14" width="8" height="12" rx="2" fill="#7fd1e6"/><rect x="18" y="14" width="8" height="7" rx="2" fill="#ffc857"/></svg>`;

/** A control with its label, which the button beside it says to who sees it, and a unit. */
const field = (id: string, label: string, control: string, unit = ''): string =>
  `<div class="field"><label class="unseen" for="${id}">${label}</label>${control}${unit === '' ? '' : `<span aria-hidden="true">${unit}</span>`}</div>`;

const hurtForm = (kind: string, title: string, fields: string, button: string): string =>
  `<form class="hurt" data-kind="${kind}" aria-label="${title}">${fields}<button type="submit">${button}</button></form>`;

/** The page before anything is known of the run: headings, controls and places for what comes over the wire. */
export const pageHtml = ({ title, seed, token }: Shell): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="token" content="${escape(token)}">
<title>Berth, live</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<a class="skip" href="#quays-title">To the instances</a>
<header class="top">
  <div class="brand"><img src="/icon.svg" alt="" width="34" height="34"><div><h1>Berth, live</h1><p class="faint" id="subtitle">${escape(title)}, seed ${seed}</p></div></div>
  <p class="clock"><span class="faint" id="day">&nbsp;</span><time id="time">--:--</time></p>
  <div class="pace"><fieldset class="speed" id="speed"><legend>Speed</legend></fieldset><span class="faint" id="pace"></span></div>
  <p class="link" id="link" role="status">connecting …</p>
</header>
<nav class="jump" aria-label="Parts of this page"><a href="#quays-title">Quays</a><a href="#chart-title">Demand</a><a href="#hurt-title">Hurt it</a><a href="#feed-title">Decisions</a></nav>
<main>
<section class="figures" aria-label="The cluster in figures"><dl id="figures"></dl></section>
<p id="faults" class="faults" role="status"></p>
<div class="columns">
<div class="main">
<section aria-labelledby="quays-title">
  <div class="heading"><h2 id="quays-title" tabindex="-1">Quays</h2><p class="faint">One quay for each Auto Scaling group and zone, one berth for each instance. Upper bar: CPU, lower bar: memory, a block for each task. Arrow keys move between instances.</p></div>
  <ul class="legend" id="legend" aria-label="What the colours and patterns mean, and how many instances of each there are"></ul>
  <div id="quays"></div>
</section>
<section aria-labelledby="chart-title">
  <div class="heading"><h2 id="chart-title" tabindex="-1">Demand and capacity</h2><label class="measure">Measured in <select id="measure"><option value="Vcpu">vCPU</option><option value="Gib">GiB of memory</option></select></label></div>
  <p class="faint" id="chart-text">Nothing to draw yet.</p>
  <div id="chart" class="chart"></div>
  <div class="heading"><h3>Tasks without a place</h3></div>
  <div id="waiting" class="chart"></div>
</section>
<section aria-labelledby="services-title">
  <div class="heading"><h2 id="services-title">Services</h2><p class="faint">Choose one to see where its tasks are.</p></div>
  <ul id="services" class="services"></ul>
</section>
</div>
<div class="side">
<section aria-labelledby="hurt-title" class="card">
  <h2 id="hurt-title" tabindex="-1">Hurt it</h2>
  <div class="hurts">
  ${hurtForm('kill', 'Kill an instance', field('kill-which', 'Which instance dies', '<select id="kill-which"><option value="">the fullest</option></select>'), 'Kill')}
  ${hurtForm('interrupt', 'Interrupt a zone', field('interrupt-zone', 'Zone that EC2 takes back', '<select id="interrupt-zone" class="zones"></select>'), 'Interrupt')}
  ${hurtForm('noCapacity', 'Capacity error', field('no-capacity-zone', 'Zone without capacity', '<select id="no-capacity-zone" class="zones"></select>') + field('no-capacity-minutes', 'For how many minutes', '<input id="no-capacity-minutes" type="number" min="1" max="240" value="20" required>', 'min'), 'No capacity')}
  ${hurtForm('surge', 'Surge', field('surge-service', 'Service that surges', '<select id="surge-service" class="service-names"></select>') + field('surge-tasks', 'By how many tasks', '<input id="surge-tasks" type="number" min="1" max="500" value="20" required>', 'tasks'), 'Surge')}
  ${hurtForm('deploy', 'Deploy a service', field('deploy-service', 'Service to deploy', '<select id="deploy-service" class="service-names"></select>'), 'Deploy')}
  </div>
  <p id="said" class="said" role="status"></p>
</section>
<section aria-labelledby="chosen-title" class="card" id="chosen"><h2 id="chosen-title">Instance</h2><p class="faint" id="chosen-none">Choose one at its quay to see why it is there.</p><div id="chosen-body" hidden></div></section>
<section aria-labelledby="feed-title" class="card">
  <div class="heading"><h2 id="feed-title" tabindex="-1">Decisions</h2><p class="faint">newest first</p></div>
  <ol id="feed" class="feed" tabindex="0" aria-labelledby="feed-title"></ol>
</section>
</div>
</div>
</main>
<noscript><p>This page needs JavaScript: it shows a run as it happens.</p></noscript>
</body>
</html>
`;
