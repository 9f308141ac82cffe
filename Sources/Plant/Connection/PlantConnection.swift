import CLibPQ
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One connection to the plant database. Its calls wait, but never longer than the patience that was given: libpq's own
/// blocking calls would wait forever on a connection whose other end is gone without a word.
///
/// Not `Sendable`; it lives on the thread of a ``PlantSession``.
final class PlantConnection {
    private let raw: OpaquePointer
    private let place: String
    private let patience: PlantPatience
    private let interrupt: Interrupt

    /// Wakes a waiting connection from another thread.
    final class Interrupt: Sendable {
        private let socket = Mutex<Int32?>(nil)

        func watch(_ descriptor: Int32) { socket.withLock { $0 = descriptor } }

        func forget() { socket.withLock { $0 = nil } }

        /// Ends the conversation; whoever waits for an answer hears that it broke.
        func strike() {
            socket.withLock { descriptor in
                if let descriptor { shutdown(descriptor, Int32(SHUT_RDWR)) }
            }
        }
    }

    /// - Throws: ``PlantError``: unreachable, turned away, insecure, silent.
    init(_ address: PlantAddress, patience: PlantPatience, interrupt: Interrupt) throws(PlantError) {
        // The address comes last, so that what somebody wrote there wins over these.
        let settings: [(String, String)] = [
            ("application_name", "blessing-station"), ("client_encoding", "UTF8"), ("keepalives", "1"),
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", String(Int(patience.silence * 1000))), ("dbname", address.connectionString),
        ]
        let keywords = settings.map { strdup($0.0) }
        let values = settings.map { strdup($0.1) }
        defer { for text in keywords + values { free(text) } }
        let connection = (keywords.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { keywords in
            (values.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { values in
                PQconnectStartParams(keywords.baseAddress, values.baseAddress, 1)
            }
        }
        guard let connection else { throw .unreachable(where: address.description, reason: "no memory") }
        raw = connection
        place = address.description
        self.patience = patience
        self.interrupt = interrupt
        // From here on every member is set, and what throws is tidied up by `deinit`.
        try connect()
        PQsetnonblocking(raw, 1)
        // An answer that comes after we gave up helps nobody; a transaction whose client is gone must let go of its rows.
        let limit = Int(patience.silence * 900)
        try run("SET statement_timeout = \(limit)")
        try run("SET idle_in_transaction_session_timeout = \(limit)")
    }

    deinit {
        interrupt.forget()
        PQfinish(raw)
    }

    private func connect() throws(PlantError) {
        let deadline = ContinuousClock.now + .seconds(patience.connecting)
        var state = PGRES_POLLING_WRITING
        while PQstatus(raw) != CONNECTION_BAD, state != PGRES_POLLING_OK, state != PGRES_POLLING_FAILED {
            interrupt.watch(PQsocket(raw))
            do throws(PlantError) {
                try wait(writing: state == PGRES_POLLING_WRITING, until: deadline)
            } catch {
                throw .unreachable(where: place, reason: "no answer in \(Int(patience.connecting)) s")
            }
            state = PQconnectPoll(raw)
        }
        guard PQstatus(raw) == CONNECTION_OK else { throw connectionFault() }
        interrupt.watch(PQsocket(raw))
    }

    /// Sorts libpq's sentence: there is no code for why a connection failed.
    private func connectionFault() -> PlantError {
        let reason = message
        // The server's own words come behind libpq's, which name sockets and paths.
        let lower = (reason.firstRange(of: "FATAL:").map { reason[$0.upperBound...] } ?? reason[...])
            .lowercased()
        if PQconnectionUsedPassword(raw) == 1 || PQconnectionNeedsPassword(raw) == 1
            || ["authentication", "does not exist", "no pg_hba.conf entry", "not permitted", "permission"]
                .contains(where: { lower.contains($0) && reason.contains("FATAL:") })
        {
            if lower.contains("ssl") && lower.contains("off") || lower.contains("no encryption") {
                return .insecure(where: place, reason: reason)
            }
            return .turnedAway(where: place, reason: reason)
        }
        if ["ssl", "certificate", "tls"].contains(where: lower.contains) {
            return .insecure(where: place, reason: reason)
        }
        if lower.contains("read-only") || lower.contains("read-write") { return .readOnly(where: place) }
        return .unreachable(where: place, reason: reason)
    }

    private var message: String {
        let text = PQerrorMessage(raw).map { String(cString: $0) } ?? ""
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    // MARK: Asking

    /// Runs one statement to its end.
    /// - Returns: the rows; for a statement that changes rows none, see ``change(_:_:)``.
    @discardableResult
    func run(_ sql: String, _ arguments: [PlantValue] = []) throws(PlantError) -> [PlantRow] {
        var rows: [PlantRow] = []
        try send(sql, arguments)
        try results { (result) throws(PlantError) in rows += try PlantResult(result).rows() }
        return rows
    }

    /// Runs a statement that changes rows.
    /// - Returns: how many.
    @discardableResult
    func change(_ sql: String, _ arguments: [PlantValue] = []) throws(PlantError) -> Int {
        var count = 0
        try send(sql, arguments)
        try results { (result) throws(PlantError) in
            count += PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
        }
        return count
    }

    /// Runs a question row by row; memory stays flat whatever the answer's size.
    func stream(
        _ sql: String, _ arguments: [PlantValue] = [], each: (PlantRow) throws -> Void
    ) throws {
        try send(sql, arguments)
        PQsetSingleRowMode(raw)
        var failure: (any Error)?
        try results { (result) throws(PlantError) in
            guard failure == nil, PQntuples(result) > 0 else { return }
            for row in try PlantResult(result).rows() {
                do { try each(row) } catch { failure = error }
            }
        }
        if let failure { throw failure }
    }

    /// Runs statements one after the other without waiting for each: one journey for all of them.
    /// - Returns: rows changed by each.
    @discardableResult
    func changeAll(_ statements: [(sql: String, arguments: [PlantValue])]) throws(PlantError) -> [Int] {
        guard !statements.isEmpty else { return [] }
        guard PQenterPipelineMode(raw) == 1 else { throw .lost(where: place, reason: message) }
        var counts: [Int] = []
        var failure: PlantError?
        // Both ends have finite buffers: what is sent in one go must be small enough for the answers to wait.
        for start in stride(from: 0, to: statements.count, by: 500) where failure == nil {
            let part = statements[start..<min(start + 500, statements.count)]
            do throws(PlantError) {
                for statement in part { try send(statement.sql, statement.arguments) }
                guard PQpipelineSync(raw) == 1 else { throw .lost(where: place, reason: message) }
                try flush()
                // A null result separates statements; the sync's own result ends the part.
                var synced = false
                while !synced {
                    guard let result = try nextResult() else { continue }
                    defer { PQclear(result) }
                    switch PQresultStatus(result) {
                    case PGRES_PIPELINE_SYNC: synced = true
                    case PGRES_PIPELINE_ABORTED: break
                    default:
                        do throws(PlantError) {
                            try check(result)
                            counts.append(
                                PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0)
                        } catch {
                            failure = failure ?? error
                        }
                    }
                }
            } catch {
                throw error
            }
        }
        PQexitPipelineMode(raw)
        if let failure { throw failure }
        return counts
    }

    /// Sends rows into a table.
    func copy(_ rows: BinaryRows, into table: String, columns: [String]) throws(PlantError) {
        guard !rows.isEmpty else { return }
        let sql = "COPY \(table) (\(columns.joined(separator: ", "))) FROM STDIN WITH (FORMAT binary)"
        guard PQsendQuery(raw, sql) == 1 else { throw .lost(where: place, reason: message) }
        guard let begun = try nextResult() else { throw .unreadable("COPY did not begin") }
        defer { PQclear(begun) }
        if PQresultStatus(begun) != PGRES_COPY_IN {
            try check(begun)
            throw .unreadable("COPY did not begin")
        }
        let bytes = rows.finished
        var offset = 0
        while offset < bytes.count {
            let count = min(1 << 16, bytes.count - offset)
            let sent = bytes.withUnsafeBytes { buffer in
                PQputCopyData(
                    raw, buffer.baseAddress.map { $0 + offset }?.assumingMemoryBound(to: CChar.self),
                    Int32(count))
            }
            if sent < 0 { throw .lost(where: place, reason: message) }
            if sent == 0 {
                try wait(writing: true, until: .now + .seconds(patience.silence))
                continue
            }
            offset += count
            try flush()
        }
        while true {
            let ended = PQputCopyEnd(raw, nil)
            if ended < 0 { throw .lost(where: place, reason: message) }
            if ended == 1 { break }
            try wait(writing: true, until: .now + .seconds(patience.silence))
        }
        try results { _ in }
    }

    /// All or nothing; what `body` throws undoes everything.
    func transaction<Answer>(_ body: () throws -> Answer) throws -> Answer {
        try run("BEGIN")
        do {
            let answer = try body()
            try run("COMMIT")
            return answer
        } catch {
            let isGone = (error as? PlantError)?.endsConnection ?? false
            if !isGone { _ = try? run("ROLLBACK") }
            throw error
        }
    }

    // MARK: The wire

    private func send(_ sql: String, _ arguments: [PlantValue]) throws(PlantError) {
        let types = arguments.map(\.oid)
        let values = arguments.map(\.parameter)
        let formats = arguments.map { Int32($0.isBinary ? 1 : 0) }
        let lengths = values.map { Int32($0?.count ?? 0) }
        // One block holds all values, each with a zero behind it, as text parameters want it.
        var block: [UInt8] = []
        var starts: [Int?] = []
        for value in values {
            starts.append(value == nil ? nil : block.count)
            if let value { block += value + [0] }
        }
        let sent = block.withUnsafeBytes { block in
            let base = block.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = starts.map { start in start.flatMap { start in base.map { $0 + start } } }
            return PQsendQueryParams(raw, sql, Int32(arguments.count), types, pointers, lengths, formats, 1)
        }
        guard sent == 1 else { throw .lost(where: place, reason: message) }
        if PQpipelineStatus(raw) == PQ_PIPELINE_OFF { try flush() }
    }

    private func flush() throws(PlantError) {
        while true {
            switch PQflush(raw) {
            case 0: return
            case 1:
                try wait(writing: true, until: .now + .seconds(patience.silence))
                // The server may wait for us to take something before it takes more.
                PQconsumeInput(raw)
            default: throw .lost(where: place, reason: message)
            }
        }
    }

    private func results(_ body: (OpaquePointer) throws(PlantError) -> Void) throws(PlantError) {
        var failure: PlantError?
        while let result = try nextResult() {
            defer { PQclear(result) }
            guard failure == nil else { continue }
            do throws(PlantError) {
                try check(result)
                try body(result)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func nextResult() throws(PlantError) -> OpaquePointer? {
        let deadline = ContinuousClock.now + .seconds(patience.silence)
        while PQisBusy(raw) == 1 {
            // The end of what was sent may still be here: a busy server takes it late, and answers only then.
            let left = PQflush(raw)
            guard left >= 0 else { throw .lost(where: place, reason: message) }
            try wait(writing: left == 1, until: deadline)
            guard PQconsumeInput(raw) == 1 else { throw .lost(where: place, reason: message) }
        }
        return PQgetResult(raw)
    }

    private func wait(writing: Bool, until deadline: ContinuousClock.Instant) throws(PlantError) {
        var entry = pollfd(
            fd: PQsocket(raw), events: Int16(POLLIN) | (writing ? Int16(POLLOUT) : 0), revents: 0)
        while true {
            let left = deadline - .now
            guard left > .zero else { throw .silent(where: place, seconds: patience.silence) }
            let parts = left.components
            let milliseconds = parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000 + 1
            let ready = poll(&entry, 1, Int32(min(milliseconds, 600_000)))
            if ready > 0 { return }
            if ready < 0, errno != EINTR {
                throw .lost(where: place, reason: String(cString: strerror(errno)))
            }
        }
    }

    private func check(_ result: OpaquePointer) throws(PlantError) {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY, PGRES_COPY_IN: return
        default: break
        }
        // PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY are characters, which Swift does not take over.
        let state = PQresultErrorField(result, 0x43).map { String(cString: $0) }
        let text = PQresultErrorField(result, 0x4D).map { String(cString: $0) } ?? message
        guard let state else {
            throw .lost(where: place, reason: text)
        }
        switch state {
        case "40001", "40P01": throw .overtaken(text)
        case "53100": throw .full(where: place, reason: text)
        case "25006": throw .readOnly(where: place)
        case "42P01": throw .schemaMissing(where: place)
        default: throw .refused(state: state, message: text)
        }
    }
}

/// A result in libpq's hands, read as values.
private struct PlantResult {
    let raw: OpaquePointer

    init(_ raw: OpaquePointer) { self.raw = raw }

    func rows() throws(PlantError) -> [PlantRow] {
        let (count, width) = (PQntuples(raw), PQnfields(raw))
        guard count > 0 else { return [] }
        let types = (0..<width).map { PQftype(raw, $0) }
        var rows: [PlantRow] = []
        rows.reserveCapacity(Int(count))
        for row in 0..<count {
            var columns: [PlantValue] = []
            columns.reserveCapacity(Int(width))
            for column in 0..<width { columns.append(try value(row, column, types[Int(column)])) }
            rows.append(PlantRow(columns: columns))
        }
        return rows
    }

    private func value(_ row: Int32, _ column: Int32, _ type: UInt32) throws(PlantError) -> PlantValue {
        if PQgetisnull(raw, row, column) == 1 { return .null }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(raw, row, column), count: Int(PQgetlength(raw, row, column)))
        func big<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
            bytes.count == Number.bitWidth / 8 ? Number(bigEndian: bytes.loadUnaligned(as: Number.self)) : nil
        }
        let value: PlantValue? =
            switch type {
            case 16: .integer(bytes.first == 1 ? 1 : 0)
            case 20: big(Int64.self).map(PlantValue.integer)
            case 21: big(Int16.self).map { .integer(Int64($0)) }
            case 23: big(Int32.self).map { .integer(Int64($0)) }
            case 701: big(UInt64.self).map { .number(Double(bitPattern: $0)) }
            case 17: .bytes(Array(bytes))
            case 19, 25, 705, 1042, 1043: .text(String(decoding: bytes, as: UTF8.self))
            case 2278: .null
            default: nil
            }
        guard let value else {
            let name = PQfname(raw, column).map { String(cString: $0) } ?? "?"
            throw .unreadable("column \(name) of type \(type), \(bytes.count) bytes")
        }
        return value
    }
}
