// The subset of CBOR (RFC 8949) that the factory link carries: docs/factory-link.md, section 4.
//
// CBOR.encode(value) gives a blob; CBOR.decode(blob) reads the value that stands at the blob's position.
// Strings go as text and must be UTF-8; other bytes go as blobs (CBOR.textOrBytes tells which is needed).

class CBOR {

    static VERSION = "1.0.0";
    static DEEPEST = 8;

    static function encode(value) {
        local out = blob(0);
        CBOR._write(out, value);
        return out;
    }

    static function decode(from) {
        return CBOR._read(from, 0);
    }

    // The string itself where it is UTF-8, else a blob with its bytes.
    static function textOrBytes(text) {
        local more = 0, low = 0x80, high = 0xBF;
        foreach (c in text) {
            if (more > 0) {
                if (c < low || c > high) return CBOR._bytes(text);
                more--;
                low = 0x80;
                high = 0xBF;
            } else if (c >= 0x80) {
                if (c >= 0xC2 && c <= 0xDF) more = 1;
                else if (c >= 0xE0 && c <= 0xEF) more = 2;
                else if (c >= 0xF0 && c <= 0xF4) more = 3;
                else return CBOR._bytes(text);
                // Forms that are longer than they need to be, surrogates, and what lies beyond U+10FFFF.
                if (c == 0xE0) low = 0xA0;
                if (c == 0xED) high = 0x9F;
                if (c == 0xF0) low = 0x90;
                if (c == 0xF4) high = 0x8F;
            }
        }
        return more == 0 ? text : CBOR._bytes(text);
    }

    static function _bytes(text) {
        local bytes = blob(text.len());
        foreach (c in text) bytes.writen(c, 'b');
        return bytes;
    }

    static function _head(out, major, n) {
        if (n < 24) {
            out.writen(major << 5 | n, 'b');
        } else if (n < 0x100) {
            out.writen(major << 5 | 24, 'b');
            out.writen(n, 'b');
        } else if (n < 0x10000) {
            out.writen(major << 5 | 25, 'b');
            out.writen(n >> 8, 'b');
            out.writen(n & 0xFF, 'b');
        } else {
            out.writen(major << 5 | 26, 'b');
            out.writen(swap4(n), 'i');
        }
    }

    static function _text(out, text) {
        CBOR._head(out, 3, text.len());
        if (text.len() > 0) out.writeblob(CBOR._bytes(text));
    }

    static function _write(out, value) {
        switch (typeof value) {
            case "null":
                out.writen(0xF6, 'b');
                break;
            case "bool":
                out.writen(value ? 0xF5 : 0xF4, 'b');
                break;
            case "integer":
                if (value < 0) CBOR._head(out, 1, ~value); else CBOR._head(out, 0, value);
                break;
            case "float":
                out.writen(0xFA, 'b');
                out.writen(swap4(value == value ? castf2i(value) : 0x7FC00000), 'i');
                break;
            case "string":
                CBOR._text(out, value);
                break;
            case "blob":
                CBOR._head(out, 2, value.len());
                if (value.len() > 0) out.writeblob(value);
                break;
            case "array":
                CBOR._head(out, 4, value.len());
                foreach (element in value) CBOR._write(out, element);
                break;
            case "table":
                local keys = [];
                foreach (key, element in value) keys.append(key);
                keys.sort(@(x, y) x.len() != y.len() ? x.len() <=> y.len() : x <=> y);
                CBOR._head(out, 5, keys.len());
                foreach (key in keys) {
                    CBOR._text(out, key);
                    CBOR._write(out, value[key]);
                }
                break;
            default:
                throw "a " + typeof value + " cannot be sent";
        }
    }

    static function _need(from, n) {
        if (n < 0 || n > from.len() - from.tell()) throw "the value is cut short";
        return n;
    }

    static function _read(from, depth) {
        CBOR._need(from, 1);
        local c = from.readn('b'), n = c & 31;
        if (c == 0xF4 || c == 0xF5) return c == 0xF5;
        if (c == 0xF6) return null;
        if (c == 0xFA) {
            CBOR._need(from, 4);
            return casti2f(swap4(from.readn('i')));
        }
        if (n == 24) {
            CBOR._need(from, 1);
            n = from.readn('b');
        } else if (n == 25) {
            CBOR._need(from, 2);
            n = from.readn('b') << 8;
            n = n | from.readn('b');
        } else if (n == 26) {
            CBOR._need(from, 4);
            n = swap4(from.readn('i'));
        } else if (n > 26) {
            throw "the value is not in the subset";
        }
        if (n < 0) throw "a number is too large";
        switch (c >> 5) {
            case 0:
                return n;
            case 1:
                return ~n;
            case 2:
                return CBOR._need(from, n) ? from.readblob(n) : blob(0);
            case 3:
                return CBOR._need(from, n) ? from.readblob(n).tostring() : "";
            case 4:
            case 5:
                if (depth == CBOR.DEEPEST) throw "containers are nested too deeply";
                CBOR._need(from, n);
                local list = [], table = {};
                for (; n > 0; n--) {
                    local element = CBOR._read(from, depth + 1);
                    if (c >> 5 == 4) list.append(element); else table[element] <- CBOR._read(from, depth + 1);
                }
                return c >> 5 == 4 ? list : table;
        }
        throw "the value is not in the subset";
    }
}
