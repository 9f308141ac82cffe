// Badge and PIN, and the first administrator. A badge that is scanned ends with Enter, which leads on to the PIN.

const form = document.getElementById('signin');
const badge = document.getElementById('badge');
const pin = document.getElementById('pin');
const problem = document.getElementById('problem');

function show(text) {
  problem.textContent = text;
  problem.hidden = false;
}

badge.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || pin.value) return;
  event.preventDefault();
  pin.focus();
});

form.addEventListener('submit', async event => {
  event.preventDefault();
  problem.hidden = true;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let answer;
  try {
    answer = await fetch(form.action, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json', 'Accept-Language': document.documentElement.lang,
        'Idempotency-Key': [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(''),
      },
      body: JSON.stringify(Object.fromEntries(
        [...new FormData(form)].map(([name, value]) => [name, name === 'pin' ? value : value.trim()]))),
      signal: AbortSignal.timeout(15000),
    });
  } catch {
    show(form.dataset.offline);
    return;
  }
  if (answer.ok) { location.replace(form.dataset.next || '/'); return; }
  const said = await answer.json().catch(() => ({}));
  pin.value = '';
  pin.focus();
  show([said.detail ?? form.dataset.refused, said.code].filter(Boolean).join(' '));
});
