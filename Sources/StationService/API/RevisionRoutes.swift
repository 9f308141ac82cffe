import ContentAddress
import Foundation
import HTTPTypes
import Ledger
import StationConfig
import StationStore

extension Sources {
    /// Signed revisions of the configuration: laid ready, used for new orders, taken back.
    var revisionRoutes: [Route] {
        [
            Route(.get, "/api/v1/configuration/revisions", "listRevisions", .needs(.readConfiguration)) { _ in
                .json(try await revisions.list(self))
            },
            Route(
                .post, "/api/v1/configuration/revisions", "stageRevision", .needs(.stageConfiguration), .acts,
                largestBody: 64 << 20, mediaTypes: ["application/octet-stream"]
            ) { exchange in
                .json(try await revisions.stage(exchange, self), status: .created)
            },
            Route(
                .post, "/api/v1/configuration/revisions/{revision}/activate", "activateRevision",
                .needs(.stageConfiguration), .acts
            ) { exchange in
                try exchange.fields().finish()
                return .json(try await revisions.activate(exchange.parameter("revision"), exchange, self))
            },
            Route(
                .post, "/api/v1/configuration/rollback", "rollBackRevision", .needs(.stageConfiguration),
                .acts
            ) { exchange in
                try exchange.fields().finish()
                return .json(try await revisions.rollBack(exchange, self))
            },
        ]
    }
}

/// Changes of the shelf of revisions, one after the other.
actor RevisionDesk {
    /// What lies ready, and what the record says about it.
    func list(_ sources: Sources) async throws -> RevisionsView {
        let folder = sources.configuration.current
        let shelf = RevisionShelf(root: folder.root)
        return RevisionsView(
            mode: folder.station.trust.mode.rawValue, trusted: folder.station.trust.engineers.map(\.name),
            inUse: try shelf.current ?? ConfigRevision(folder: folder.root).digest.hex,
            previous: shelf.previous,
            items: shelf.staged, history: try await sources.reader.configurations(limit: 20))
    }

    /// Checks a bundle and lays it ready; nothing that is used changes.
    /// - Throws: `ConfigProblem` when it is damaged or nobody who is trusted signed it.
    func stage(_ exchange: Exchange, _ sources: Sources) async throws -> RevisionView {
        let folder = sources.configuration.current
        let bundle = try ConfigBundle(bytes: exchange.body)
        let digest = bundle.revision.digest
        let signers = try bundle.signature.signers(of: digest, trusted: folder.station.trust.engineers)
        let shelf = RevisionShelf(root: folder.root)
        try shelf.stage(bundle)
        try await note(.staged, digest, signers.first, exchange, sources)
        var problems: [ConfigProblem] = []
        try shelf.tryOut(digest.hex) { problems = try sources.configuration.load($0).problems }
        return RevisionView(digest, signers, bundle.revision, problems)
    }

    /// Uses a revision that lies ready: for orders that are opened from now on. Those that were begun keep theirs.
    func activate(_ wanted: String, _ exchange: Exchange, _ sources: Sources) async throws -> RevisionView {
        let shelf = RevisionShelf(root: sources.configuration.current.root)
        guard let digest = SHA256Digest(hex: wanted), shelf.staged.contains(digest.hex) else {
            throw Problem(.notFound, "No revision “\(wanted.shown)” lies ready. Send its bundle first.")
        }
        return try await use(digest, .activated, exchange, sources) {
            try shelf.activate(digest.hex, check: $0)
        }
    }

    /// Uses the revision before this one again.
    func rollBack(_ exchange: Exchange, _ sources: Sources) async throws -> RevisionView {
        let shelf = RevisionShelf(root: sources.configuration.current.root)
        guard let digest = shelf.previous.flatMap({ SHA256Digest(hex: $0) }) else {
            throw Problem(.refused, "There is no earlier revision to go back to.")
        }
        return try await use(digest, .rolledBack, exchange, sources) { _ = try shelf.rollBack(check: $0) }
    }

    private func use(
        _ digest: SHA256Digest, _ change: ConfigurationChange, _ exchange: Exchange, _ sources: Sources,
        _ switching: ((String) throws -> Void) throws -> Void
    ) async throws -> RevisionView {
        let folder = sources.configuration.current
        // Also where unsigned files may be used: what comes over a network is used by somebody's signature or not at all.
        let signed = try SignedRevision(
            folder: "\(folder.root)/revisions/\(digest.hex)", trust: folder.station.trust)
        try switching { place in
            let (found, problems) = try sources.configuration.load(place)
            if found == nil { throw Problem(problems) }
        }
        let problems = try sources.configuration.refresh()
        guard !problems.hasErrors else { throw Problem(problems) }
        await sources.desk.use(golden: sources.configuration.current.station.golden)
        try await note(change, digest, signed.signers.first, exchange, sources)
        return RevisionView(digest, signed.signers, signed.revision, problems)
    }

    private func note(
        _ change: ConfigurationChange, _ revision: SHA256Digest, _ signer: VerifierKey?, _ exchange: Exchange,
        _ sources: Sources
    ) async throws {
        try await sources.store.append(
            .configurationChanged(
                ConfigurationChanged(
                    change: change, revision: revision, by: .named(exchange.person.id),
                    place: exchange.remote,
                    signedBy: signer.map { .named($0.name) },
                    signer: signer.map { SHA256Digest(of: Array($0.text.utf8)) })))
    }
}

/// The revisions of a station.
struct RevisionsView: Encodable, Sendable {
    /// `development` or `production`.
    var mode: String
    /// Names of the engineers whose signatures count.
    var trusted: [String]
    /// SHA-256 of the revision that the folder's files are.
    var inUse: String
    var previous: String?
    /// SHA-256 of each revision that lies ready.
    var items: [String]
    var history: [ConfigurationRow]
}

/// One revision.
struct RevisionView: Encodable, Sendable {
    /// SHA-256 of its manifest.
    var revision: String
    /// Names of the engineers who signed it and are trusted.
    var signedBy: [String]
    var files: Int
    /// Whether this station could use it.
    var valid: Bool
    var problems: [ConfigProblem]

    init(
        _ digest: SHA256Digest, _ signers: [VerifierKey], _ revision: ConfigRevision,
        _ problems: [ConfigProblem]
    ) {
        self.revision = digest.hex
        signedBy = signers.map(\.name)
        files = revision.files.count
        valid = !problems.hasErrors
        self.problems = problems
    }
}

extension Problem {
    /// Why a folder can't be used.
    init(_ problems: [ConfigProblem]) {
        let errors = problems.filter { $0.severity == .error }
        self.init(
            .configuration,
            "\(errors.count) errors; the station goes on with what it has. The first: \(errors.first.map { "\($0)" } ?? "")"
        )
    }
}
