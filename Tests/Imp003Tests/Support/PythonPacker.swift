import ContentAddress
import Foundation

/// A second implementation of the packing rules, in another language and by another method (regular
/// expressions instead of a state machine), to hold `NVRAMImage` against.
enum PythonPacker {
    static let interpreter: String? = ["/usr/bin/python3", "/usr/local/bin/python3", "/bin/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    static let absence = "NOT COMPARED: no python3 on this machine, so the second implementation cannot run"

    /// Reads one text a line in hexadecimal, answers with the packed form in hexadecimal, or `empty`.
    private static let program = #"""
        import re, struct, sys
        ENTRY = re.compile(rb'([\x21\x22\x24-\x3c\x3e-\x7e]*)=([\x20-\x22\x24-\x7e]*)', re.S)
        KEY = re.compile(rb'[\x21\x22\x24-\x3c\x3e-\x7e]*')
        COMMENT = re.compile(rb'[^\n\x00]*(?:[\n\x00]|\Z)')
        IDLE = re.compile(rb'[^\n\x21-\x7e]*')
        def pack(t):
            at, out, boardrev = 0, b'', False
            while at < len(t):
                at = IDLE.match(t, at).end()
                if at == len(t): break
                m = None if t[at:at+1] in (b'\n', b'#') else ENTRY.match(t, at)
                if m:
                    boardrev = boardrev or m.group(1).startswith(b'boardrev')
                    if not m.group(1).startswith(b'RAW1'):
                        if m.end() == len(t): break
                        if len(out) + len(m.group(0)) + 1 >= 64000: break
                        out += m.group(0) + b'\0'
                        at = m.end()
                        continue
                    at = at + m.group(0).index(b'=') + 1
                elif t[at:at+1] not in (b'\n', b'#'):
                    at = KEY.match(t, at).end()
                at = COMMENT.match(t, at).end()
            if not out: return None
            if not boardrev: out += b'boardrev=0xff\0'
            out += b'\0' * (4 - len(out) % 4)
            words = len(out) // 4
            return out + struct.pack('<HH', words & 0xffff, ~words & 0xffff)
        for line in sys.stdin:
            packed = pack(bytes.fromhex(line.strip()))
            print('empty' if packed is None else packed.hex())
        """#

    /// The packed form of each text, nil for an empty one.
    static func pack(_ texts: [[UInt8]]) throws -> [[UInt8]?] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter ?? "/usr/bin/python3")
        process.arguments = ["-c", program]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // Python reads line by line and answers as it goes, so a second thread feeds it: neither pipe fills up.
        let lines = texts.map { $0.hexDigits + "\n" }.joined()
        let feeder = Thread {
            input.fileHandleForWriting.write(Data(lines.utf8))
            try? input.fileHandleForWriting.close()
        }
        feeder.start()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: answer, as: UTF8.self).split(separator: "\n").map { line in
            line == "empty" ? nil : [UInt8](hexDigits: line)
        }
    }
}
