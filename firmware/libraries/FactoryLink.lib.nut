// The firmware's side of the factory link, docs/factory-link.md: one request at a time from a station, carried out at
// most once, over a UART with RTS and CTS.
//
//     link <- FactoryLink(hardware.uartQRPW, 921600, "factory 1.0", function(verb, arguments, answer) {
//         answer({ result = 1 });                                    // now or later, once
//     });
//     link.start();
//
// Whatever the function throws becomes a failure: a table with code and message as it is, anything else as "failed".

#require "CBOR.lib.nut:1.0.0"

// Reads frames: takes bytes as they come, undoes the zero-free form, and checks the CRC while the next ones arrive.
class FactoryLinkReader {

    static GOOD = 0xDEBB20E3;                       // what the register holds after data and CRC

    _table = null;
    _longest = 0;
    _onFrame = null;
    _out = null;
    _left = 0;                                      // bytes that are missing in the present part
    _owesZero = false;                              // a zero stands between the part before and the next
    _skips = false;                                 // until the next delimiter
    _crc = 0;
    _summed = 0;
    _last = 0;

    constructor(longest, onFrame) {
        _longest = longest;
        _onFrame = onFrame;
        _table = FactoryLinkReader.makeTable();
        _restart();
    }

    static function makeTable() {
        local table = array(256);
        for (local i = 0; i < 256; i++) {
            local c = i;
            for (local k = 0; k < 8; k++) {
                local shifted = (c >>> 1) & 0x7FFFFFFF;
                c = (c & 1) ? shifted ^ 0xEDB88320 : shifted;
            }
            table[i] = c;
        }
        return table;
    }

    // The CRC register over the bytes of `b` from `start` on.
    function sum(b, start = 0, crc = 0xFFFFFFFF) {
        local table = _table, n = b.len();
        for (local i = start; i < n; i++) crc = ((crc >>> 8) & 0xFFFFFF) ^ table[(crc ^ b[i]) & 0xFF];
        return crc;
    }

    function feed(b) {
        local now = hardware.millis();
        if (now - _last > 100) _restart();          // a gap ends whatever was unfinished
        _last = now;
        while (!b.eos()) {
            if (_left > 0 && !_skips) {             // inside of a part: one native copy
                local n = b.len() - b.tell();
                if (n > _left) n = _left;
                _out.writeblob(b.readblob(n));
                _left -= n;
                continue;
            }
            local code = b.readn('b');
            if (code == 0) {
                if (!_skips && _left == 0 && _out.len() >= 16) {
                    _sumUp();
                    if (_crc == GOOD) _onFrame(_out);
                }
                _restart();
            } else if (!_skips) {
                if (_owesZero) _out.writen(0, 'b');
                _owesZero = code < 255;
                _left = code - 1;
                _skips = _out.len() + _left > _longest;
            }
        }
        _sumUp();
    }

    function _sumUp() {
        _crc = sum(_out, _summed, _crc);
        _summed = _out.len();
    }

    function _restart() {
        _out = blob(0);
        _left = 0;
        _owesZero = false;
        _skips = false;
        _crc = 0xFFFFFFFF;
        _summed = 0;
    }
}

class FactoryLink {

    static VERSION = "1.0.0";

    // What this side can receive, in bytes.
    static FRAME = 1024;
    static WINDOW = 8192;
    static MESSAGE = 8192;
    static FIFO = 256;

    _uart = null;
    _baud = 0;
    _name = null;
    _execute = null;
    _reader = null;

    _session = 0;
    _tag = 0;
    _station = null;                                // { frame, window, message } once greeted
    _accepted = 0;
    _isWorking = false;
    _began = 0;
    _partial = null;
    _partialSequence = 0;
    _answer = null;
    _sendsUnasked = true;
    _timer = null;

    constructor(uart, baud, name, execute) {
        _uart = uart;
        _baud = baud;
        _name = name;
        _execute = execute;
        _reader = FactoryLinkReader(FRAME, _onFrame.bindenv(this));
    }

    // Opens the port and says that the firmware has started.
    function start() {
        while (_session == 0) _session = math.rand() << 1 ^ hardware.micros();
        _uart.setrxfifosize(FIFO);
        _uart.configure(_baud, 8, PARITY_NONE, 1, 0, _onBytes.bindenv(this));
        _sendWelcome(1, 0, 0);
    }

    function _onBytes() {
        for (local b = _uart.readblob(FIFO); b.len() > 0; b = _uart.readblob(FIFO)) _reader.feed(b);
    }

    // --- sending

    function _send(kind, sequence, offset, total, body = null, tag = null) {
        local plain = blob(12);
        plain.writen(kind, 'b');
        plain.writen(tag == null ? _tag : tag, 'b');
        plain.writen(_session, 'i');
        plain.writen(sequence, 'w');
        plain.writen(offset, 'w');
        plain.writen(total, 'w');
        if (body != null && body.len() > 0) plain.writeblob(body);
        plain.writen(~_reader.sum(plain), 'i');
        _uart.write(_zeroFree(plain));
    }

    function _zeroFree(plain) {
        local wire = blob(0), n = plain.len(), start = 0;
        wire.writen(0, 'b');
        while (true) {                              // one turn a part
            local end = start, limit = start + 254 < n ? start + 254 : n;
            while (end < limit && plain[end] != 0) end++;
            wire.writen(end - start + 1, 'b');
            if (end > start) {
                plain.seek(start, 'b');
                wire.writeblob(plain.readblob(end - start));
            }
            if (end - start == 254) {
                start = end;
            } else {
                if (end == n) break;
                start = end + 1;
            }
        }
        wire.writen(0, 'b');
        return wire;
    }

    function _sendWelcome(version, nonce, tag) {
        local body = blob(0);
        body.writen(version, 'b');
        body.writen(1, 'b');
        body.writen(1, 'b');
        body.writen(nonce, 'i');
        body.writen(FRAME, 'w');
        body.writen(WINDOW, 'w');
        body.writen(MESSAGE, 'w');
        body.writen(_name.len(), 'b');
        foreach (c in _name) body.writen(c, 'b');
        _send(0x81, _accepted, 0, 0, body, tag);
    }

    function _sendWait() {
        _send(0x84, _accepted, 0xFFFF, (hardware.millis() - _began) / 1000);
    }

    // One burst of the kept answer.
    function _sendAnswer(from, longest) {
        local most = (_station.frame - 3) * 254 / 255 - 16, total = _answer.len(), wire = 0;
        if (longest > 0 && longest < most) most = longest < 44 ? 44 : longest;
        while (from < total) {
            local n = total - from < most ? total - from : most;
            local next = total - from - n < most ? total - from - n : most;
            wire += n + n / 254 + 20;
            local isLast = from + n == total || wire + next + next / 254 + 20 > _station.window;
            _answer.seek(from, 'b');
            _send(isLast ? 0xC2 : 0x82, _accepted, from, total, _answer.readblob(n));
            from += n;
            if (isLast) break;
        }
    }

    // --- receiving

    function _onFrame(f) {
        f.seek(0, 'b');
        local kind = f.readn('b'), tag = f.readn('b'), session = f.readn('i');
        local sequence = f.readn('w'), offset = f.readn('w'), total = f.readn('w');
        local size = f.len() - 16, endsBurst = (kind & 0x40) != 0;
        kind = kind & 0xBF;
        if (kind == 0 || kind > 4) return;          // an echo, or a later version's kind
        if (kind == 1) return _onHello(f, sequence, size, tag);
        if (session != _session || _station == null) return _send(0x86, sequence, 1, 0, null, tag);
        _tag = tag;
        local ahead = (sequence - _accepted) & 0xFFFF;
        local isNew = sequence != 0 && ahead > 0 && ahead < 0x8000;
        switch (kind) {
            case 2: return _onRequest(f, sequence, offset, total, size, isNew, endsBurst);
            case 3: return _onPoll(sequence, offset, total, isNew);
            case 4: return _onCancel(sequence);
        }
    }

    function _onHello(f, sequence, size, tag) {
        if (size < 12) return _send(0x86, sequence, 3, 0, null, tag);
        local oldest = f.readn('b'), newest = f.readn('b'), nonce = f.readn('i');
        local limits = { frame = f.readn('w'), window = f.readn('w'), message = f.readn('w') };
        if (limits.frame < 64 || limits.window < 64 || limits.message < 256) {
            return _send(0x86, sequence, 3, 0, null, tag);
        }
        local isKnown = oldest <= 1 && newest >= 1;
        if (isKnown) _station = limits;
        _sendWelcome(isKnown ? 1 : 0, nonce, tag);
    }

    function _onCancel(sequence) {
        if (sequence == _partialSequence) _partial = null;
        if (sequence == _accepted && _isWorking) _sendsUnasked = false;
    }

    function _onPoll(sequence, offset, total, isNew) {
        if (_isWorking && (isNew || sequence == _accepted)) return _sendWait();
        if (sequence == _accepted && _answer != null) {
            if (offset > _answer.len()) return _send(0x86, sequence, 3, 0);
            return _sendAnswer(offset, total);
        }
        if (!isNew) return _send(0x86, sequence, 4, 0);
        _send(0x83, sequence, _partial != null && sequence == _partialSequence ? _partial.len() : 0, 0);
    }

    function _onRequest(f, sequence, offset, total, size, isNew, endsBurst) {
        if (sequence == 0 || size == 0 || offset + size > total) return _send(0x86, sequence, 3, 0);
        if (total > MESSAGE) return _send(0x86, sequence, 2, MESSAGE);
        if (sequence == _accepted) {
            if (_isWorking && endsBurst) _sendWait();
            return;
        }
        if (!isNew) return _send(0x86, sequence, 4, 0);
        if (_isWorking) {
            if (endsBurst) _sendWait();
            return;
        }
        if (offset == 0 && (_partial == null || sequence != _partialSequence)) {
            _partial = blob(0);
            _partialSequence = sequence;
        }
        if (_partial == null || sequence != _partialSequence) {
            if (endsBurst) _send(0x83, sequence, 0, 0);
            return;
        }
        if (_partial.len() == offset) {
            _partial.seek(0, 'e');
            _partial.writeblob(f.readblob(size));
        }
        if (_partial.len() < total) {
            if (endsBurst) _send(0x83, sequence, _partial.len(), 0);
            return;
        }
        _accept(sequence);
    }

    // The request is whole: from here on its number never counts again.
    function _accept(sequence) {
        local message = _partial;
        _accepted = sequence;
        _partial = null;
        _answer = null;
        _isWorking = true;
        _sendsUnasked = true;
        _began = hardware.millis();
        _sendWait();                                // before the work: it may keep the processor
        _keepAlive();
        local request = null;
        try {
            message.seek(0, 'b');
            request = CBOR.decode(message);
            if (typeof request != "array" || request.len() != 2 || typeof request[0] != "string"
                || typeof request[1] != "table") throw "a request is [verb, {arguments}]";
        } catch (error) {
            return _respond(sequence, FactoryLink.failure("unreadable-request", error.tostring()));
        }
        try {
            _execute(request[0], request[1], function(result) {
                _respond(sequence, [true, result]);
            }.bindenv(this));
        } catch (error) {
            local known = typeof error == "table" && "code" in error;
            _respond(sequence, known ? [false, error] : FactoryLink.failure("failed", error.tostring()));
        }
    }

    // An answer that says why not.
    static function failure(code, message) {
        return [false, { "code": code, "message": message }];
    }

    function _respond(sequence, answer) {
        if (!_isWorking || sequence != _accepted) return;
        local encoded = null;
        try {
            encoded = CBOR.encode(answer);
        } catch (error) {
            encoded = CBOR.encode(FactoryLink.failure("unsendable-answer", error.tostring()));
        }
        if (encoded.len() > _station.message) {
            local text = encoded.len() + " bytes, the station takes " + _station.message;
            encoded = CBOR.encode(FactoryLink.failure("answer-too-long", text));
        }
        _isWorking = false;
        if (_timer != null) imp.cancelwakeup(_timer);
        _timer = null;
        _answer = encoded;
        if (_sendsUnasked) _sendAnswer(0, 0);
    }

    function _keepAlive() {
        _timer = imp.wakeup(1, function() {
            _timer = null;
            if (!_isWorking) return;
            _sendWait();
            _keepAlive();
        }.bindenv(this));
    }
}
