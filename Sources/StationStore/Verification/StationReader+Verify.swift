import GRDB
import Ledger

extension StationReader {
    /// Most findings that a report holds; a database that is wrong everywhere needs no list.
    public static let mostFindings = 100

    /// Checks the record against itself, its signatures, and the keys that are trusted.
    /// - Parameters:
    ///   - depth: ``VerificationDepth/chain`` takes about a second for a million entries and core.
    ///   - trusted: keys known from elsewhere. Without any, the key named by the ledger's first entry is believed, and
    ///     whoever can change the database can change that too.
    /// - Throws: ``StoreError`` when the database can't be read at all; what is wrong inside is in the report.
    public func verify(
        _ depth: VerificationDepth = .everything, trusting trusted: [VerifierKey] = []
    ) async throws -> VerificationReport {
        var report = VerificationReport(
            depth: depth, entries: 0, checkpoints: 0, rows: 0, signed: 0, findings: [])
        let missing = try await verifyArchive(depth, &report)
        try await verifyChain(trusting: trusted, archived: missing, &report)
        if depth == .everything, missing == 0 {
            let size = report.entries
            let known = report.findings
            let (rows, findings) = try await ask { db in
                var findings = known
                let rows = try Self.verifyProjections(db, size: size, &findings)
                return (rows, findings)
            }
            report.rows = rows
            report.findings = findings
        }
        report.findings = Array(report.findings.prefix(Self.mostFindings))
        return report
    }

    /// Looks at the archive, if the record names one.
    /// - Returns: entries below this one can't be read here.
    private func verifyArchive(
        _ depth: VerificationDepth, _ report: inout VerificationReport
    ) async throws -> Int64 {
        guard let row = try await ask({ db in try ArchiveRow.newest(db) }) else { return 0 }
        // What the table says is believed only as far as the ledger says it.
        let said = try await ask { db in try LedgerEntries(db).bytes(of: row.sequence) }
        guard let said, let envelope = try? EntryEnvelope(parsing: said),
            case .archiveWritten(let body)? = try? Record(kind: envelope.kind, json: envelope.record),
            body.entries == row.entries, body.digest.hex == row.digest, body.file == row.file
        else {
            report.findings.append(.rowUnexpected(table: "archive", key: String(row.sequence)))
            return 0
        }
        guard let archive else {
            report.remarks.append(
                "entries 0 to \(row.entries - 1) are in the archive \(row.file) (SHA-256 \(row.digest)), which is not here: they are "
                    + "covered by the tree and its signatures, and the derived rows could not be compared")
            return row.entries
        }
        if depth == .everything {
            let found = try ArchiveFile.digest(of: archive).digest.hex
            if found != row.digest {
                report.findings.append(
                    .archiveChanged(file: archive, expected: row.digest, found: found))
            }
        }
        report.remarks.append("entries 0 to \(row.entries - 1) were read in the archive \(archive)")
        return 0
    }

    private func verifyChain(
        trusting trusted: [VerifierKey], archived: Int64, _ report: inout VerificationReport
    ) async throws {
        let (size, notes, keyEntries, remarks) = try await ask { db in
            (
                try LedgerTables.size(db),
                try Row.fetchAll(db, sql: "SELECT size, note FROM ledger_checkpoint ORDER BY size").map {
                    (size: $0["size"] as Int64, note: $0["note"] as String)
                },
                archived > 0 ? nil : try Self.keyEntries(db),
                try Self.remarks(db)
            )
        }
        report.entries = size
        report.checkpoints = notes.count
        report.remarks += remarks
        let keys: LogKeys?
        if let keyEntries {
            keys = Self.keys(named: keyEntries, trusted: trusted, &report.findings)
        } else {
            // The entries that name the keys are not here: the table that follows from them has to do.
            let listed = try await ask { [path] db in try LogKeys(db, path: path) }
            keys = listed
            if !Self.leads(listed, toTrust: trusted) {
                report.findings.append(.untrustedKey(found: listed.current?.text ?? "no key"))
            }
        }
        let covered = report.depth == .chain ? Self.covered(notes, keys: keys, size: size) : []
        let checkpoints = try await Self.checkpoints(notes, keys: keys, size: size, covered: covered)
        report.findings += checkpoints.findings
        report.signed = checkpoints.roots.keys.max() ?? 0

        let pass = database is DatabasePool ? try Self.open(at: path, mapped: true, archive: archive) : self
        // Two stretches in flight a core: one is hashed while the next is read.
        let starts = Array(stride(from: 0, to: size, by: Int64.Stride(ChainStretch.length)))
        var sizes = checkpoints.roots.keys.sorted()[...]
        var check = ChainCheck()
        var next = 0
        while next < starts.count {
            let batch = starts[next..<min(next + Self.parallelStretches, starts.count)]
            next += batch.count
            let stretches = try await withThrowingTaskGroup(of: ChainStretch.self) { group in
                for first in batch {
                    let inside = Array(sizes.prefix { $0 <= first + ChainStretch.length })
                    sizes = sizes.dropFirst(inside.count)
                    group.addTask {
                        try await pass.ask { db in
                            try ChainStretch(
                                db, first: first, size: size, sizes: inside, archived: archived)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.first < $1.first }
            }
            let current = check
            let roots = checkpoints.roots
            check = try await ask { db in
                var check = current
                for stretch in stretches { try check.join(stretch, db, roots: roots) }
                return check
            }
            if check.findings.count > Self.mostFindings { break }
        }
        let current = check
        let findings = try await ask { db in
            var check = current
            try check.finish(db)
            return check.findings
        }
        report.findings += findings
    }

    private static let parallelStretches = 4

    /// Whether each key follows from the one before it, and the last one from one that is trusted.
    private static func leads(_ keys: LogKeys, toTrust trusted: [VerifierKey]) -> Bool {
        let steps = zip(keys.turns, keys.turns.dropFirst())
        guard steps.allSatisfy({ $1.statement?.old == $0.key && $1.statement?.new == $1.key }) else {
            return false
        }
        guard !trusted.isEmpty else { return true }
        guard let start = keys.turns.firstIndex(where: { trusted.contains($0.key) }) else { return false }
        return keys.turns[(start + 1)...].allSatisfy { turn in
            trusted.contains(turn.key) || turn.statement?.isSignedByOld ?? false
        }
    }

    /// The entries that name keys.
    private static func keyEntries(_ db: Database) throws -> [[UInt8]] {
        let ledger = try LedgerEntries(db)
        let changes = try Int64.fetchAll(
            db,
            sql: """
                SELECT e.seq FROM event e JOIN ledger_kind k ON k.id = e.kind
                WHERE e.kind >= \(LedgerKinds.firstRare) AND k.word = '\(KeyChanged.kind)' ORDER BY e.seq
                """)
        var entries: [[UInt8]] = []
        for sequence in [0] + changes {
            // The pass over the whole ledger names a bundle that can't be read.
            guard let bytes = (try? ledger.bytes(of: sequence)) ?? nil else { continue }
            entries.append(bytes)
        }
        return entries
    }

    /// The keys whose signatures count, and for which sizes, by the entries that name them.
    private static func keys(
        named entries: [[UInt8]], trusted: [VerifierKey], _ findings: inout [Finding]
    ) -> LogKeys? {
        var turns: [LogKeys.Turn] = []
        var isTrusted = trusted.isEmpty
        var gap: Finding?
        for bytes in entries {
            guard let envelope = try? EntryEnvelope(parsing: bytes),
                case .string(let vkey) = envelope.record["vkey"], let key = try? VerifierKey(text: vkey)
            else {
                findings.append(.entryUnplayable(sequence: 0, reason: "should name the station's key"))
                return nil
            }
            guard let current = turns.last?.key else {
                turns.append(LogKeys.turn(0, key, nil))
                isTrusted = isTrusted || trusted.contains(key)
                continue
            }
            guard case .string(let note) = envelope.record["note"],
                let statement = try? KeyStatement(parsing: note), statement.old == current,
                statement.new == key, statement.size == envelope.sequence
            else {
                findings.append(
                    .entryUnplayable(
                        sequence: envelope.sequence, reason: "should lead from the present key to another"))
                return LogKeys(turns: turns)
            }
            turns.append(LogKeys.turn(envelope.sequence, key, statement))
            guard !trusted.isEmpty else { continue }
            if !statement.isSignedByOld, isTrusted {
                gap = .keyUnaccounted(
                    sequence: envelope.sequence, change: statement.change, found: key.text)
            }
            isTrusted = trusted.contains(key) || (isTrusted && statement.isSignedByOld)
        }
        guard isTrusted else {
            findings.append(gap ?? .untrustedKey(found: turns.last?.key.text ?? "no key"))
            // Its own keys prove nothing then.
            return gap == nil ? nil : LogKeys(turns: turns)
        }
        return LogKeys(turns: turns)
    }

    /// Clocks and keys, in the order of the ledger.
    private static func remarks(_ db: Database) throws -> [String] {
        var remarks: [(Int64, String)] = []
        for row in try Row.fetchAll(db, sql: "SELECT * FROM clock_set_back") {
            let (from, to): (Int64, Int64) = (row["from_at"], row["to_at"])
            remarks.append(
                (row["seq"], "the clock was set back from \(UTCTime.text(from)) to \(UTCTime.text(to))"))
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM clock_doubt") {
            let (expected, found): (Int64, Int64) = (row["expected"], row["found"])
            let source: String = row["source"]
            remarks.append(
                (
                    row["seq"],
                    "the clock said \(UTCTime.text(found)) when it was \(UTCTime.text(expected)) by "
                        + (source == "monotonic" ? "the machine's monotonic clock" : "witness \(source)")
                ))
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM log_key WHERE change <> 'created'") {
            let (change, reason): (String, String?) = (row["change"], row["reason"])
            let what =
                switch change {
                case "rotated": "the old key signed for a new one"
                case "replaced": "a lost key was replaced"
                default: "the record goes on after it was restored from a backup"
                }
            remarks.append((row["seq"], what + (reason.map { " (\($0))" } ?? "")))
        }
        return remarks.sorted { $0.0 < $1.0 }.map { "entry \($0.0): \($0.1)" }
    }

    /// Sizes whose signatures need no look: a later checkpoint of the same key is signed, and the tree under it holds theirs.
    /// A station signs whenever a run ends, so this saves a million signatures of a year.
    private static func covered(_ notes: [(size: Int64, note: String)], keys: LogKeys?, size: Int64) -> Set<
        Int64
    > {
        guard let keys else { return [] }
        var proven: Set<VerifierKey> = []
        var covered: Set<Int64> = []
        for (recorded, note) in notes.reversed() where recorded <= size {
            guard let key = keys.key(forSize: recorded) else { continue }
            if proven.contains(key) {
                covered.insert(recorded)
            } else if let checkpoint = try? Checkpoint(parsing: note), checkpoint.size == recorded,
                (try? checkpoint.verify(by: [key])) != nil
            {
                proven.insert(key)
            }
        }
        return covered
    }

    /// Checks signatures, on all cores.
    /// - Parameter covered: sizes at which a checkpoint's own words are held against the tree and its signature is not looked at.
    private static func checkpoints(
        _ notes: [(size: Int64, note: String)], keys: LogKeys?, size: Int64, covered: Set<Int64>
    ) async throws -> (roots: [Int64: TreeHash], findings: [Finding]) {
        let share = max(1, (notes.count + 7) / 8)
        return await withTaskGroup(of: (roots: [Int64: TreeHash], findings: [Finding]).self) { group in
            for start in stride(from: 0, to: notes.count, by: share) {
                let part = notes[start..<min(start + share, notes.count)]
                group.addTask {
                    var roots: [Int64: TreeHash] = [:]
                    var findings: [Finding] = []
                    for (recorded, note) in part {
                        do throws(NoteError) {
                            let checkpoint = try Checkpoint(parsing: note)
                            guard checkpoint.size == recorded else {
                                throw .malformed("its note is over \(checkpoint.size) entries")
                            }
                            let key = keys?.key(forSize: recorded)
                            if covered.contains(recorded) {
                                guard checkpoint.origin == key?.name else {
                                    throw .untrusted(signers: [checkpoint.origin])
                                }
                            } else {
                                try checkpoint.verify(by: key.map { [$0] } ?? [])
                            }
                            if checkpoint.size > size {
                                findings.append(.truncated(signed: checkpoint.size, found: size))
                            } else {
                                roots[checkpoint.size] = checkpoint.root
                            }
                        } catch {
                            findings.append(.checkpointForged(size: recorded, reason: error.description))
                        }
                    }
                    return (roots, findings)
                }
            }
            return await group.reduce(into: ([:], [])) { sum, part in
                sum.roots.merge(part.roots) { first, _ in first }
                sum.findings += part.findings
            }
        }
    }

    private static func verifyProjections(_ db: Database, size: Int64, _ findings: inout [Finding]) throws
        -> Int
    {
        // A database without a name lives in memory and on a temporary file when it grows; it goes with its connection.
        let replayed = try DatabaseQueue(path: "")
        let fault = try replayed.inDatabase { scratch in
            try scratch.execute(sql: "PRAGMA synchronous = OFF")
            try scratch.execute(sql: "PRAGMA journal_mode = OFF")
            for migration in Schema.migrations {
                try scratch.execute(sql: String(decoding: migration.sql, as: UTF8.self))
            }
            do {
                try scratch.inTransaction {
                    try ProjectionReplay.replay(from: db, through: size, into: Projector(scratch))
                    return .commit
                }
                return nil as ProjectionReplay.Fault?
            } catch let fault as ProjectionReplay.Fault {
                return fault
            } catch let bundle as UnreadableBundle {
                return ProjectionReplay.Fault(
                    sequence: bundle.range.lowerBound, reason: bundle.description)
            }
        }
        if let fault {
            // What follows from the entries after it isn't known, so there is nothing to compare with.
            findings.append(.entryUnplayable(sequence: fault.sequence, reason: fault.reason))
            return 0
        }
        var found = findings
        defer { findings = found }
        let rows = try replayed.read { scratch in
            try ProjectionComparison.compare(expected: scratch, found: db, most: mostFindings, &found)
        }
        return try rows + ProjectionComparison.compareOutside(db, most: mostFindings, &found)
    }
}
