// Short sounds without files. They differ in rhythm and direction, not only in pitch.

const tunes = {
  passed: [[660, 0, 0.12], [990, 0.13, 0.22]],
  failed: [[220, 0, 0.28], [196, 0.34, 0.28], [165, 0.68, 0.5]],
  attention: [[520, 0, 0.12], [520, 0.2, 0.12], [520, 0.4, 0.12]],
  scan: [[1250, 0, 0.05]],
  bad: [[180, 0, 0.18]],
  started: [[520, 0, 0.08], [660, 0.09, 0.08]],
};

let context = null;
let wanted = localStorage.getItem('sound') !== 'off';

export function soundOn() { return wanted; }

export function setSound(on) {
  wanted = on;
  localStorage.setItem('sound', on ? 'on' : 'off');
}

/** Browsers let a page make sounds after the first key or touch only; until then this does nothing. */
export function play(name) {
  if (!wanted || !tunes[name] || !(navigator.userActivation?.hasBeenActive ?? true)) return;
  try {
    context ??= new AudioContext();
    if (context.state === 'suspended') context.resume();
    for (const [pitch, after, length] of tunes[name]) {
      const start = context.currentTime + after;
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.type = name === 'failed' || name === 'bad' ? 'square' : 'sine';
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(tone.type === 'square' ? 0.12 : 0.3, start + 0.01);
      volume.gain.linearRampToValueAtTime(0, start + length);
      tone.connect(volume).connect(context.destination);
      tone.start(start);
      tone.stop(start + length + 0.02);
    }
  } catch {
    // A kiosk without a sound card must work all the same.
  }
}
