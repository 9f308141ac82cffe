// The operator's page: tiles follow the live stream, scans become starts.

import { ScanReader, ScanFlow, classify } from './scan.js';
import { play, soundOn, setSound } from './sounds.js';
import { Live } from './live.js';

const body = document.body;
const words = JSON.parse(body.dataset.words);
const scanner = JSON.parse(body.dataset.scanner);
const tiles = document.getElementById('tiles');
const slots = new Map();
const flow = new ScanFlow();
const reader = new ScanReader(scanner);
let stateBegan = new Map();

const say = (key, values = {}) =>
  (words[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

// Tiles

function clock(seconds) {
  if (seconds === undefined || seconds === null || !(seconds >= 0)) return '';
  const whole = Math.round(seconds);
  return Math.floor(whole / 60) + ':' + String(whole % 60).padStart(2, '0');
}

function put(tile, field, text) {
  const place = tile.querySelector(`[data-field="${field}"]`);
  if (place.textContent !== text) place.textContent = text;
}

function shape(tile, selector, name) {
  tile.querySelector(selector + ' use').setAttribute('href', '#' + name);
}

function stepName(step) {
  if (!step) return '';
  const bare = step.replace(/^stage\./, '');
  return words['stage_' + bare] ?? bare;
}

function tileOf(state) {
  let tile = tiles.querySelector(`[data-slot="${CSS.escape(String(state.slot))}"]`);
  if (tile) return tile;
  tile = document.getElementById('tile-template').content.firstElementChild.cloneNode(true);
  tile.dataset.slot = state.slot;
  tile.dataset.name = state.name;
  const heading = tile.querySelector('.slot-name');
  heading.lastChild.textContent = state.name;
  for (const button of tile.querySelectorAll('.act .visually-hidden')) {
    button.textContent = `${say('slot_word')} ${state.name}: `;
  }
  const after = [...tiles.children].find(other => Number(other.dataset.slot) > state.slot);
  tiles.insertBefore(tile, after ?? null);
  return tile;
}

function showSlot(state, quietly = false) {
  const before = slots.get(state.slot);
  slots.set(state.slot, state);
  const tile = tileOf(state);
  const changed = tile.dataset.phase !== state.phase;
  tile.dataset.phase = state.phase;
  tile.dataset.name = state.name;
  if (changed || !before) {
    shape(tile, '.state', 'shape-' + state.phase);
    tile.querySelector('.word').textContent = say('phase_' + state.phase);
  }
  put(tile, 'serial', state.serial ?? '');
  put(tile, 'step', stepName(state.step));
  put(tile, 'takt', state.taktSeconds ? ' / ' + clock(state.taktSeconds) : '');
  const share = state.stepCount ? Math.min(100, Math.round(100 * (state.stepIndex ?? 0) / state.stepCount)) : 0;
  tile.querySelector('progress').value = state.phase === 'passed' ? 100 : share;
  stateBegan.set(state.slot, performance.now() - 1000 * (state.elapsedSeconds ?? 0));
  const known = state.reasonCode && words['reason_' + state.reasonCode];
  put(tile, 'reason', known ?? state.reason ?? '');
  put(tile, 'code', state.reasonCode ?? '');
  const advice = state.advice ?? 'none';
  tile.querySelector('.advice').dataset.advice = advice;
  shape(tile, '.advice', 'advice-' + advice);
  const action = words['action_' + state.reasonCode];
  put(tile, 'advice', advice === 'none' ? '' : action ?? say('advice_' + advice));
  tick(state, tile);
  if (changed && before && !quietly) {
    if (state.phase === 'passed') play('passed');
    else if (['failed', 'refused'].includes(state.phase)) play('failed');
    else if (['attention', 'offline'].includes(state.phase)) play('attention');
  }
}

function tick(state, tile) {
  const running = state.phase === 'working';
  const seconds = running ? (performance.now() - stateBegan.get(state.slot)) / 1000 : state.elapsedSeconds;
  put(tile, 'time', clock(seconds));
  tile.dataset.late = running && state.taktSeconds && seconds > state.taktSeconds ? 'yes' : 'no';
}

setInterval(() => {
  if (body.dataset.lost === 'yes') return;
  for (const state of slots.values()) if (state.phase === 'working') tick(state, tileOf(state));
}, 500);

function showOrder(order) {
  let place = document.querySelector(`[data-order="${CSS.escape(order.id)}"]`);
  if (!place) {
    if (order.state === 'done') return;
    place = document.getElementById('order-template').content.firstElementChild.cloneNode(true);
    place.dataset.order = order.id;
    document.getElementById('orders').append(place);
  }
  place.dataset.state = order.state;
  place.querySelector('.order-id').textContent = order.id;
  place.querySelector('.order-sku').textContent = [order.sku, order.market].filter(Boolean).join(' ');
  place.querySelector('.order-state').textContent = say('order_' + order.state);
  put(place, 'blessed', String(order.blessed));
  put(place, 'quantity', String(order.quantity));
}

function showAlarms(alarms) {
  const place = document.getElementById('alarms');
  place.replaceChildren(...alarms.map(alarmLine));
  showGates();
}

/** A slot that waits for its golden unit says so in its own tile. */
function showGates() {
  const shut = new Set([...document.querySelectorAll('#alarms [data-code="golden-shut"]')].map(line => line.dataset.slot));
  for (const tile of tiles.children) tile.dataset.gate = shut.has(tile.dataset.name) ? 'shut' : 'open';
}

function alarmLine(alarm) {
  const line = document.createElement('p');
  line.dataset.code = alarm.code;
  line.dataset.slot = alarm.slot ?? '';
  const space = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(space, 'svg');
  picture.setAttribute('class', 'small-shape');
  picture.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', '#shape-attention');
  picture.append(use);
  const headline = document.createElement('strong');
  const known = words['alarm_' + alarm.code];
  headline.textContent = known ? say('alarm_' + alarm.code, { slot: alarm.slot ?? '' }) : '';
  const text = document.createElement('span');
  text.textContent = alarm.text;
  line.append(picture, headline, ' ', text);
  return line;
}

// The live stream

let freshPage = true;
new Live('/api/v1/events', {
  snapshot(line) {
    for (const tile of [...tiles.children]) {
      if (!line.slots.some(state => String(state.slot) === tile.dataset.slot)) tile.remove();
    }
    for (const state of line.slots) showSlot(state, freshPage);
    for (const place of document.querySelectorAll('[data-order]')) {
      if (!line.orders.some(order => order.id === place.dataset.order)) place.remove();
    }
    for (const order of line.orders) showOrder(order);
    showAlarms(line.alarms ?? []);
    freshPage = false;
  },
  slot: state => showSlot(state),
  order: order => showOrder(order),
  alarm: alarm => {
    if (Array.isArray(alarm)) { showAlarms(alarm); return; }
    const place = document.getElementById('alarms');
    place.querySelector(`[data-code="${CSS.escape(alarm.code)}"][data-slot="${CSS.escape(alarm.slot ?? '')}"]`)?.remove();
    if (alarm.text) { place.prepend(alarmLine(alarm)); play('attention'); }
    showGates();
  },
  lost(since) {
    body.dataset.lost = 'yes';
    const time = since.toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
    document.getElementById('lost-text').textContent = say('lost', { time });
    document.getElementById('lost').hidden = false;
    play('attention');
  },
  async found() {
    body.dataset.lost = 'no';
    document.getElementById('lost').hidden = true;
    // A newer program has newer pages.
    try {
      const text = await (await fetch('/', { cache: 'no-store' })).text();
      const version = new DOMParser().parseFromString(text, 'text/html').querySelector('meta[name=assets]')?.content;
      if (version && version !== document.querySelector('meta[name=assets]').content) location.reload();
    } catch {
      // Then it stays as it is; the stream itself is what counts.
    }
  },
});

// Acts

function newKey() {
  // crypto.randomUUID is missing where the page came over plain HTTP from another machine.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
}

async function act(method, path, content) {
  let answer;
  try {
    answer = await fetch('/api/v1/' + path, {
      method,
      headers: {
        'Content-Type': 'application/json', 'Idempotency-Key': newKey(), 'X-CSRF-Token': body.dataset.csrf,
        'Accept-Language': document.documentElement.lang,
      },
      body: JSON.stringify(content ?? {}),
      signal: AbortSignal.timeout(10000),
    });
  } catch {
    tell('act_no_answer', {}, true);
    return false;
  }
  if (answer.ok) return true;
  if (answer.status === 401) { location.href = '/signin'; return false; }
  const problem = await answer.json().catch(() => ({}));
  tellText([problem.detail ?? problem.title ?? say('act_refused'), problem.code].filter(Boolean).join(' '), true);
  return false;
}

async function start(slotName, serial) {
  const state = [...slots.values()].find(one => one.name === slotName);
  if (!state) return;
  if (state.phase === 'working') { tell('scan_slot_busy', { slot: slotName }, true); return; }
  if (['passed', 'failed', 'refused'].includes(state.phase)) {
    if (!await act('POST', `slots/${encodeURIComponent(slotName)}/clear`)) return;
  }
  if (await act('POST', `slots/${encodeURIComponent(slotName)}/start`, serial ? { serial } : {})) {
    play('started');
    if (serial) tell('scan_started', { unit: serial, slot: slotName });
  }
}

tiles.addEventListener('click', event => {
  const button = event.target.closest('button[data-act]');
  if (!button) return;
  const tile = button.closest('.tile');
  // By name: a number could be another slot's name.
  const slot = encodeURIComponent(tile.dataset.name);
  switch (button.dataset.act) {
    case 'start': {
      const serial = flow.unit;
      flow.reset();
      showFlow();
      start(tile.dataset.name, serial);
      break;
    }
    case 'clear': act('POST', `slots/${slot}/clear`); break;
    case 'abort':
      // A second press within four seconds means it.
      if (button.dataset.sure === 'yes') {
        delete button.dataset.sure;
        act('POST', `slots/${slot}/abort`, { reason: 'stopped by the operator' });
      } else {
        button.dataset.sure = 'yes';
        tell('act_stop_again', { slot: tile.dataset.name });
        setTimeout(() => delete button.dataset.sure, 4000);
      }
      break;
  }
});

// Scans

function tellText(text, bad = false) {
  const place = document.getElementById('said');
  place.textContent = text;
  place.dataset.bad = bad ? 'yes' : 'no';
  if (bad) play('bad');
}

function tell(key, values, bad = false) { tellText(key ? say(key, values) : '', bad); }

function showFlow() {
  const values = { unit: flow.unit, slot: flow.slot };
  for (const step of ['unit', 'slot', 'go']) {
    const place = document.getElementById('scan-' + step);
    place.dataset.on = flow.next === step ? 'yes' : 'no';
    const value = place.querySelector('.scan-value');
    if (value) {
      value.textContent = values[step];
      place.dataset.done = values[step] ? 'yes' : 'no';
    }
  }
  document.getElementById('go').disabled = flow.next !== 'go';
  for (const tile of tiles.children) tile.dataset.chosen = tile.dataset.name === flow.slot ? 'yes' : 'no';
}

function take(scan) {
  const answer = flow.take(scan, performance.now());
  showFlow();
  if (!answer.said) return;
  if (answer.start) { start(answer.start.slot, answer.start.serial); return; }
  if (!answer.bad) play('scan');
  tell(answer.said, answer.values, answer.bad);
}

function takeCode(code) { take(classify(code, scanner, [...slots.values()].map(state => state.name))); }

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const typing = event.target.matches?.('input, textarea, select');
  if (typing && event.key !== scanner.goKey) return;
  // When the key was pressed, not when a busy page got round to it.
  const busy = reader.busy(event.timeStamp);
  const result = reader.key(event.key, event.timeStamp);
  // The Enter at the end of a code must not press the button that has the focus.
  if (result || (busy && (event.key === 'Enter' || event.key === ' ' || event.key === 'Tab'))) event.preventDefault();
  if (result?.go) take({ kind: 'go', text: '' });
  else if (result?.broken) tell('scan_broken', {}, true);
  else if (result?.code) takeCode(result.code);
}, true);

document.getElementById('go').addEventListener('click', () => take({ kind: 'go', text: '' }));

document.getElementById('typed').addEventListener('submit', event => {
  event.preventDefault();
  const field = document.getElementById('typed-code');
  const code = field.value.trim();
  field.value = '';
  // People who type leave the prefix out.
  if (code) takeCode(code.startsWith(scanner.prefix) ? code : scanner.prefix + code);
});

// Tools

const sound = document.getElementById('sound');
sound.setAttribute('aria-pressed', String(soundOn()));
sound.addEventListener('click', () => {
  setSound(!soundOn());
  sound.setAttribute('aria-pressed', String(soundOn()));
  play('scan');
});

document.getElementById('full').addEventListener('click', () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
});

document.getElementById('signout')?.addEventListener('click', async () => {
  await act('DELETE', 'session');
  location.href = '/signin';
});

// The server drew the tiles; until the first snapshot they are what is known.
for (const tile of tiles.children) {
  slots.set(Number(tile.dataset.slot), {
    slot: Number(tile.dataset.slot), name: tile.dataset.name, phase: tile.dataset.phase,
    serial: tile.querySelector('[data-field=serial]').textContent,
  });
  stateBegan.set(Number(tile.dataset.slot), performance.now());
}
showFlow();
