// Desk pages work without this; with it, choices act at once and times are local.

for (const form of document.querySelectorAll('form[data-automatic]')) {
  form.addEventListener('change', event => { if (event.target.matches('select')) form.requestSubmit(); });
  // Empty fields need not stand in the address.
  form.addEventListener('submit', () => {
    for (const field of form.elements) if (field.name && field.value === '') field.disabled = true;
  });
}

for (const place of document.querySelectorAll('time[datetime]')) {
  const time = new Date(place.dateTime);
  if (Number.isNaN(time.getTime())) continue;
  place.title = place.dateTime;
  place.textContent = time.toLocaleString(document.documentElement.lang, {
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    hourCycle: 'h23',
  });
}

document.getElementById('signout')?.addEventListener('click', async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  await fetch('/api/v1/session', {
    method: 'DELETE',
    headers: {
      'X-CSRF-Token': document.body.dataset.csrf,
      'Idempotency-Key': [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(''),
    },
  }).catch(() => {});
  location.href = '/signin';
});
