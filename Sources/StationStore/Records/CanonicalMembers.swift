import ContentAddress
import Ledger

/// Members as records have them: nil and an empty table leave no trace.
extension CanonicalJSONWriter {
    mutating func member(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        key(name)
        string(text)
    }

    mutating func member(_ name: StaticString, _ value: Int64?) {
        guard let value else { return }
        key(name)
        integer(value)
    }

    mutating func member(_ name: StaticString, _ value: Double?) {
        guard let value else { return }
        key(name)
        number(value)
    }

    mutating func member(_ name: StaticString, _ run: RunID?) {
        member(name, run?.rawValue)
    }

    mutating func member(_ name: StaticString, _ digest: SHA256Digest) {
        key(name)
        string(digest.hex)
    }

    mutating func member(_ name: StaticString, _ digest: SHA256Digest?) {
        if let digest { member(name, digest) }
    }

    mutating func member(_ name: StaticString, _ table: [String: String]) {
        guard !table.isEmpty else { return }
        key(name)
        strings(table)
    }

    /// - Precondition: the person is sealed; a name never goes into an entry.
    mutating func member(_ name: StaticString, _ person: Person?) {
        switch person {
        case nil: break
        case .sealed(let seal): member(name, seal)
        case .named: preconditionFailure("a person must be sealed before the record is written")
        }
    }
}
