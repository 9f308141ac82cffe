import ContentAddress
import GRDB
import Synchronization

/// Turns names into seals, the same name always into the same one, and remembers which are not in the database yet.
final class PersonSealer: Sendable {
    /// A name, its seal, and the salt that makes the one out of the other.
    struct Sealed: Sendable {
        let seal: SHA256Digest
        let salt: [UInt8]
        let name: String
    }

    private struct State {
        var seals: [String: SHA256Digest] = [:]
        var unsaved: [Sealed] = []
    }

    private let state = Mutex(State())

    /// - Parameter db: a connection; the names that it knows are taken over.
    init(_ db: Database) throws {
        let rows = try Row.fetchAll(
            db, sql: "SELECT seal, name FROM person WHERE salt <> zeroblob(32)")
        state.withLock { state in
            for row in rows { state.seals[row["name"]] = SHA256Digest(hex: row["seal"] as String) }
        }
    }

    /// SHA-256("blessing-station-person/1" ‖ 0A ‖ salt ‖ name): without the salt nobody can try names against it.
    static func seal(name: String, salt: [UInt8]) -> SHA256Digest {
        SHA256Digest(of: Array("blessing-station-person/1\n".utf8) + salt + Array(name.utf8))
    }

    /// Followed by a number: what stands in `person` where a name stood, with 32 zero bytes for the salt.
    static let forgottenPrefix = "forgotten person #"
    static let forgottenSalt = [UInt8](repeating: 0, count: 32)

    /// The next record about this name gets a seal with a new salt.
    func forget(_ name: String) {
        state.withLock { state in _ = state.seals.removeValue(forKey: name) }
    }

    func seal(_ name: String) -> SHA256Digest {
        state.withLock { state in
            if let known = state.seals[name] { return known }
            var chance = SystemRandomNumberGenerator()
            let salt = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
            let seal = Self.seal(name: name, salt: salt)
            state.seals[name] = seal
            state.unsaved.append(Sealed(seal: seal, salt: salt, name: name))
            return seal
        }
    }

    /// Those that the next commit has to save.
    var unsaved: [Sealed] { state.withLock { $0.unsaved } }

    /// The first `count` of them are durable.
    func saved(_ count: Int) { state.withLock { $0.unsaved.removeFirst(count) } }
}

extension Record {
    /// The same record with every name replaced by its seal.
    func sealed(by sealer: PersonSealer) -> Record {
        func sealed(_ person: Person) -> Person {
            guard case .named(let name) = person else { return person }
            return .sealed(sealer.seal(name))
        }
        switch self {
        case .runStarted(var body):
            body.operatedBy = body.operatedBy.map(sealed)
            return .runStarted(body)
        case .unitQuarantined(var body):
            body.by = sealed(body.by)
            return .unitQuarantined(body)
        case .unitReleased(var body):
            body.by = sealed(body.by)
            return .unitReleased(body)
        case .note(var body):
            body.by = body.by.map(sealed)
            return .note(body)
        case .personActed(var body):
            body.by = body.by.map(sealed)
            body.person = body.person.map(sealed)
            return .personActed(body)
        case .configurationChanged(var body):
            body.by = body.by.map(sealed)
            body.signedBy = body.signedBy.map(sealed)
            return .configurationChanged(body)
        case .orderLocked(var body):
            body.by = body.by.map(sealed)
            return .orderLocked(body)
        case .orderUnlocked(var body):
            body.by = sealed(body.by)
            return .orderUnlocked(body)
        case .keyChanged(var body):
            body.by = body.by.map(sealed)
            return .keyChanged(body)
        case .personForgotten(var body):
            body.by = body.by.map(sealed)
            return .personForgotten(body)
        default:
            return self
        }
    }
}
