import HTTPTypes
import Ledger
import StationStore

extension Sources {
    /// The ledger itself: entries, tree heads, proofs.
    var ledgerRoutes: [Route] {
        [
            Route(
                .get, "/api/v1/entries", "listEntries", .needs(.readRecord),
                query: ["cursor", "limit", "kind", "unit", "run"]
            ) { exchange in
                let limit = try exchange.limit
                let after = try Cursor.of(exchange)?.position ?? -1
                var filter = EntryFilter(sequences: (after + 1)..<Int64.max, limit: limit + 1)
                if let kind = exchange.query["kind"] {
                    guard Record.kinds.contains(kind) else {
                        throw Problem(
                            .query,
                            "kind must be one of \(Record.kinds.joined(separator: ", ")), found “\(kind.shown)”.",
                            field: "kind")
                    }
                    filter.kinds = [kind]
                }
                filter.unit = exchange.query["unit"]
                filter.run = try exchange.number(inQuery: "run", 0...Int64.max).map(RunID.init)
                return .json(
                    Page(try await reader.entries(filter), limit: limit, exchange) { $0.sequence })
            },
            Route(.get, "/api/v1/entries/{entry}", "getEntry", .needs(.readRecord)) { exchange in
                let number = try exchange.number("entry")
                let filter = EntryFilter(sequences: number..<(number + 1), limit: 1)
                guard number < Int64.max - 1, let entry = try await reader.entries(filter).first else {
                    throw Problem(.notFound, "There is no entry \(number) in the ledger.")
                }
                return .json(entry)
            },
            Route(.get, "/api/v1/entries/{entry}/proof", "proveEntry", .needs(.readProofs)) { exchange in
                let bundle = try await reader.proof(ofEntries: [try exchange.number("entry")])
                return .bytes(bundle.json, "application/json")
            },
            Route(.get, "/api/v1/checkpoint", "getCheckpoint", .needs(.readProofs)) { _ in
                guard let checkpoint = try await reader.checkpoint() else {
                    throw Problem(
                        .unsigned, "Nothing has been signed yet; the station signs when a run ends.")
                }
                return .text(checkpoint.note.encoded, "text/plain; charset=utf-8")
            },
            Route(
                .get, "/api/v1/proofs/consistency", "proveConsistency", .needs(.readProofs),
                query: ["from", "to"]
            ) { exchange in
                guard let from = try exchange.number(inQuery: "from", 1...Int64.max),
                    let to = try exchange.number(inQuery: "to", 1...Int64.max), from <= to
                else {
                    throw Problem(
                        .query, "from and to are sizes of the log, from not above to.", field: "from")
                }
                let hashes = try await reader.consistencyProof(from: from, to: to)
                return .json(
                    ConsistencyView(
                        from: from, to: to, fromRoot: try await reader.root(ofSize: from).base64,
                        toRoot: try await reader.root(ofSize: to).base64, proof: hashes.map(\.base64)))
            },
        ]
    }
}

/// That the log of `to` entries grew out of the log of `from` entries (RFC 9162, hashes in Base64).
struct ConsistencyView: Encodable, Sendable {
    var from: Int64
    var to: Int64
    var fromRoot: String
    var toRoot: String
    var proof: [String]
}
