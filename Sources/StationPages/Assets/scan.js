// What a barcode scanner that pretends to be a keyboard says, and what it means. Nothing here touches the page.

/** Puts keys together into codes. Scanners type fast; what comes slowly is a person or noise. */
export class ScanReader {
  constructor(settings) {
    this.gap = Number(settings.gap) || 100;
    this.goKey = settings.goKey;
    this.text = '';
    this.last = -Infinity;
    this.broken = false;
  }

  /**
   * Returns { go: true } for the foot switch, { code } at the end of a code, { broken: true } at the end of one that came
   * in pieces, null otherwise. A piece must never pass for a whole: it would name another unit.
   */
  key(key, now) {
    if (key === this.goKey) { this.text = ''; this.broken = false; return { go: true }; }
    const late = now - this.last > this.gap;
    if (now - this.last > 1000) this.broken = false;
    else if (late && this.text.length > 1) this.broken = true;
    this.last = now;
    if (key === 'Enter' || key === 'Tab') {
      const code = late ? '' : this.text;
      const broken = this.broken;
      this.text = '';
      this.broken = false;
      return broken ? { broken } : code ? { code } : null;
    }
    if (late) this.text = '';
    // Names of other keys have more than one sign: Shift, F5, Unidentified.
    if ([...key].length !== 1 || key < ' ' || key === '\u007f') return null;
    this.text = (this.text + key).slice(-200);
    return null;
  }

  /** Whether a code is on its way, so that the page must not take its keys for something else. */
  busy(now) { return this.text.length > 1 && now - this.last <= this.gap; }
}

/** Says what a code is: { kind: 'unit' | 'slot' | 'go' | 'noise', text }. */
export function classify(code, settings, slotNames) {
  let text = code.normalize('NFKC').replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\ufeff\ufffd]/g, '').trim();
  if (settings.prefix) {
    if (!text.startsWith(settings.prefix)) return { kind: 'noise', text };
    text = text.slice(settings.prefix.length);
  }
  // What AIM scanners may put before a code to say its symbology: ]C1, ]d2 …
  text = text.replace(/^\][A-Za-z][0-9]/, '');
  const whole = pattern => new RegExp('^(?:' + pattern + ')$', 'iu').exec(text);
  if (text === '' || text.length > 64) return { kind: 'noise', text };
  if (whole(settings.go)) return { kind: 'go', text };
  const slot = whole(settings.slot);
  if (slot) {
    const name = slot[1] ?? slot[0];
    const known = slotNames.find(other => other.toLowerCase() === name.toLowerCase());
    return known === undefined ? { kind: 'noise', text, unknownSlot: name } : { kind: 'slot', text: known };
  }
  // A golden unit's label need not look like a unit's.
  const reference = (settings.references ?? '').split('\n').some(name => name !== '' && name.toLowerCase() === text.toLowerCase());
  if (reference || whole(settings.unit)) return { kind: 'unit', text };
  return { kind: 'noise', text };
}

/** Unit, slot, go: what has been said so far, and what comes next. */
export class ScanFlow {
  constructor() { this.reset(); this.lastText = ''; this.lastAt = -Infinity; }

  reset() { this.unit = ''; this.slot = ''; }

  get next() { return this.unit === '' ? 'unit' : this.slot === '' ? 'slot' : 'go'; }

  /** Returns { said, values?, start? }: a key of the words to say, and perhaps what to start. */
  take(scan, now) {
    if (scan.kind !== 'go' && scan.text === this.lastText && now - this.lastAt < 1500) return { said: '' };
    this.lastText = scan.text;
    this.lastAt = now;
    switch (scan.kind) {
      case 'unit':
        // A new unit begins anew: the slot of the one before must not be taken along.
        this.unit = scan.text;
        this.slot = '';
        return { said: 'scan_got_unit', values: { unit: scan.text } };
      case 'slot':
        if (this.unit === '') return { said: 'scan_unit_first', bad: true };
        this.slot = scan.text;
        return { said: 'scan_got_slot', values: { slot: scan.text, unit: this.unit } };
      case 'go': {
        if (this.unit === '') return { said: 'scan_unit_first', bad: true };
        if (this.slot === '') return { said: 'scan_slot_first', bad: true };
        const start = { serial: this.unit, slot: this.slot };
        this.reset();
        return { said: 'scan_started', values: { unit: start.serial, slot: start.slot }, start };
      }
      default:
        return scan.unknownSlot !== undefined
          ? { said: 'scan_no_slot', values: { slot: scan.unknownSlot }, bad: true }
          : { said: 'scan_noise', values: { text: scan.text.slice(0, 24) }, bad: true };
    }
  }
}
