import ContentAddress
import Foundation

/// A place in a list, as the client carries it: opaque, and good for the very query that it came from.
struct Cursor: Sendable, Equatable {
    var position: Int64

    /// What a cursor is bound to: the route and everything that chooses rows; not how many are wanted.
    static func binding(of exchange: Exchange) -> [UInt8] {
        let query = exchange.query.filter { $0.key != "cursor" && $0.key != "limit" }
            .sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let text = ([exchange.route.name] + exchange.path + query).joined(separator: "\n")
        return Array(SHA256Digest(of: Array(text.utf8)).bytes.prefix(8))
    }

    func text(for exchange: Exchange) -> String {
        var bytes = Self.binding(of: exchange)
        withUnsafeBytes(of: position.bigEndian) { bytes += Array($0) }
        return Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    /// The query's cursor; nil when it has none.
    static func of(_ exchange: Exchange) throws(Problem) -> Cursor? {
        guard let text = exchange.query["cursor"] else { return nil }
        let padded =
            text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
            + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), data.count == 16 else {
            throw Problem(.cursor, "This is no cursor of this station. Begin the list anew.", field: "cursor")
        }
        let bytes = Array(data)
        guard Array(bytes.prefix(8)) == binding(of: exchange) else {
            throw Problem(
                .cursor, "The cursor belongs to another query. Begin this list anew.", field: "cursor")
        }
        return Cursor(position: bytes.suffix(8).reduce(0) { $0 << 8 | Int64($1) })
    }
}

/// A part of a list, with the cursor for the next one.
struct Page<Item: Encodable & Sendable>: Encodable, Sendable {
    var items: [Item]
    /// Nil at the end.
    var next: String?

    /// - Parameters:
    ///   - items: one more than `limit` were asked for; the one too many says that there is a next page.
    ///   - position: of the last item shown.
    init(_ items: [Item], limit: Int, _ exchange: Exchange, position: (Item) -> Int64) {
        self.items = Array(items.prefix(limit))
        next =
            items.count > limit
            ? self.items.last.map { Cursor(position: position($0)).text(for: exchange) } : nil
    }
}
