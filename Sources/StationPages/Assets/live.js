// The live stream of the station, and what to do while it is gone.

const eventNames = ['snapshot', 'slot', 'order', 'unit', 'alarm'];

export class Live {
  /** handlers: { [event name]: data => …, lost: since => …, found: () => … } */
  constructor(address, handlers) {
    this.address = address;
    this.handlers = handlers;
    this.lostSince = null;
    this.heard = Date.now();
    this.wait = 500;
    this.open();
    setInterval(() => this.watch(), 5000);
    addEventListener('online', () => this.again());
    addEventListener('offline', () => this.lose());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.watch(true); });
  }

  open() {
    this.source?.close();
    const source = this.source = new EventSource(this.address);
    source.onopen = () => this.find();
    source.onerror = () => {
      if (source !== this.source) return;
      this.lose();
      // The browser comes back by itself after a broken line, with Last-Event-ID; after a refusal it does not.
      if (source.readyState === EventSource.CLOSED) this.again();
    };
    for (const name of eventNames) {
      source.addEventListener(name, event => {
        this.find();
        let data;
        try { data = JSON.parse(event.data); } catch { return; }
        this.handlers[name]?.(data);
      });
    }
  }

  find() {
    this.heard = Date.now();
    this.wait = 500;
    if (this.lostSince === null) return;
    this.lostSince = null;
    this.handlers.found?.();
  }

  lose() {
    if (this.lostSince !== null) return;
    this.lostSince = new Date();
    this.handlers.lost?.(this.lostSince);
  }

  again() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(this.wait * 2, 5000);
  }

  /** A pulled cable says nothing: after a silence the station is asked. */
  async watch(now = false) {
    if (!now && Date.now() - this.heard < 12000 && this.lostSince === null) return;
    const before = this.lostSince;
    try {
      const answer = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(4000) });
      if (!answer.ok) throw new Error(answer.status);
      this.heard = Date.now();
      if (before !== null && this.source.readyState !== EventSource.OPEN) this.again();
    } catch {
      this.lose();
      this.again();
    }
  }
}
