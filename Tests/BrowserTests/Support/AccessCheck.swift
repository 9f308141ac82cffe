/// What people with keyboards, screen readers and weak eyes need, asked of a page as it is drawn. Runs in the page.
enum AccessCheck {
    /// An expression whose value is a list of sentences; none for a sound page.
    static let script = """
        (() => {
          const problems = [];
          const seen = el => { const r = el.getBoundingClientRect(); const s = getComputedStyle(el);
            return r.width > 0 && r.height > 0 && s.visibility !== 'hidden' && s.display !== 'none' && !el.closest('[hidden],[aria-hidden=true],template'); };
          const say = el => `<${el.tagName.toLowerCase()}${el.id ? '#' + el.id : ''}${el.className && el.className.baseVal === undefined ? '.' + String(el.className).split(' ')[0] : ''}> “${(el.textContent ?? '').trim().slice(0, 40)}”`;
          const parse = c => { const m = /rgba?\\(([^)]+)\\)/.exec(c); if (!m) return [0, 0, 0, 0];
            const p = m[1].split(/[ ,/]+/).map(Number); return [p[0], p[1], p[2], p[3] ?? 1]; };
          const over = (top, low) => top.slice(0, 3).map((v, i) => v * top[3] + low[i] * (1 - top[3])).concat(1);
          const ground = el => { let list = []; for (let e = el; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
              if (c[3] > 0) { list.push(c); if (c[3] === 1) break; } }
            return list.reverse().reduce((low, top) => over(top, low), [255, 255, 255, 1]); };
          const light = c => { const f = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
            return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
          const ratio = (a, b) => { const [x, y] = [light(a), light(b)]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
          // Contrast of every text that is drawn (WCAG 1.4.3).
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const el = node.parentElement;
            if (!node.data.trim() || !el || !seen(el) || el.closest('svg,script,.visually-hidden,:disabled')) continue;
            const style = getComputedStyle(el); const size = parseFloat(style.fontSize);
            const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            const back = ground(el); const found = ratio(over(parse(style.color), back), back);
            if (found < (large ? 3 : 4.5)) problems.push(`contrast ${found.toFixed(2)}: ${say(el)}`);
          }
          // Names of controls (4.1.2), and their size (2.5.8: 24 by 24).
          for (const el of document.querySelectorAll('button,a[href],input:not([type=hidden]),select,textarea,summary,[tabindex]')) {
            if (!seen(el)) continue;
            const labels = [...(el.labels ?? [])].map(l => l.textContent).join(' ');
            const name = (el.getAttribute('aria-label') ?? '') + labels + (el.matches('input,select') ? '' : el.textContent);
            if (!name.trim()) problems.push(`no name: ${say(el)}`);
            const r = el.getBoundingClientRect();
            const inline = el.matches('p a, td a, figcaption a');
            if (!inline && !el.matches('.skip') && (r.width < 24 || r.height < 24)) problems.push(`small ${Math.round(r.width)}×${Math.round(r.height)}: ${say(el)}`);
          }
          // One h1, levels without gaps, landmarks, language, unique ids, no sideways scrolling (1.4.10).
          let last = 0;
          for (const h of document.querySelectorAll('h1,h2,h3,h4')) { if (h.closest('template')) continue;
            const level = Number(h.tagName[1]); if (level > last + 1) problems.push(`h${level} after h${last}`); last = level; }
          if (document.querySelectorAll('h1').length !== 1) problems.push('not one h1');
          if (!document.querySelector('main')) problems.push('no main');
          if (!document.documentElement.lang) problems.push('no language');
          const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
          if (new Set(ids).size !== ids.length) problems.push('an id comes twice');
          if (document.documentElement.scrollWidth > innerWidth + 1) problems.push(`wider than the window: ${document.documentElement.scrollWidth} > ${innerWidth}`);
          return problems;
        })()
        """
}
