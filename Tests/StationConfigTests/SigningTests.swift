import ContentAddress
import Foundation
import Ledger
import Testing

@testable import StationConfig

@Suite struct SigningTests {
    let copy: FolderCopy
    let maria: StationKey
    let paul: StationKey

    init() throws {
        copy = try FolderCopy()
        maria = try StationKey.generate(name: "maria")
        paul = try StationKey.generate(name: "paul")
    }

    private var trust: ConfigTrust { ConfigTrust(mode: .production, engineers: [maria.verifier]) }

    private func sign(_ key: StationKey) throws {
        let signature = try ConfigSignature(
            of: try ConfigRevision(folder: copy.path).digest, by: key,
            beside: try ConfigSignature.load(from: copy.path))
        try copy.write(ConfigSignature.file, signature.text)
    }

    /// The code with which a folder's signature is refused; nil when it is not.
    private func refusal() -> ConfigCode? {
        do throws(ConfigProblem) {
            _ = try SignedRevision(folder: copy.path, trust: trust)
            return nil
        } catch { return error.code }
    }

    @Test func whatIsSignedIsTakenAndNothingElse() throws {
        #expect(refusal() == .notSigned)
        try sign(paul)
        #expect(refusal() == .signerNotTrusted)
        try sign(maria)
        #expect(try SignedRevision(folder: copy.path, trust: trust).signers == [maria.verifier])
        // Orders and the station's own files are not part of it.
        try copy.write("orders/WO-new.yaml", "# tomorrow's\n")
        try copy.write("station.yaml", try copy.text("station.yaml") + "\n# moved\n")
        #expect(refusal() == nil)
    }

    /// One byte in any file, a file more, a file less, a file under another name.
    @Test func anyChangeOfAnyFileIsNoticed() throws {
        try sign(maria)
        let revision = try ConfigRevision(folder: copy.path)
        #expect(revision.files.count > 15)
        for file in revision.files {
            let url = URL(filePath: "\(copy.path)/\(file.path)")
            let before = try Data(contentsOf: url)
            var changed = before
            changed[changed.count / 2] ^= 1
            try changed.write(to: url)
            #expect(refusal() == .revisionChanged, "\(file.path)")
            #expect(try ConfigRevision(folder: copy.path).differences(from: revision) == [file.path])
            try FileManager.default.removeItem(at: url)
            #expect(refusal() == .revisionChanged, "\(file.path)")
            try before.write(to: url)
        }
        #expect(refusal() == nil)
        try copy.write("images/more.bin", "x")
        #expect(refusal() == .revisionChanged)
        try FileManager.default.moveItem(
            atPath: "\(copy.path)/images/more.bin", toPath: "\(copy.path)/nvram/x")
        #expect(refusal() == .revisionChanged)
    }

    @Test func anyBitOfTheNoteIsNoticed() throws {
        try sign(maria)
        let note = Array(try copy.text(ConfigSignature.file).utf8)
        for index in note.indices {
            var changed = note
            changed[index] ^= 1
            try Data(changed).write(to: URL(filePath: "\(copy.path)/\(ConfigSignature.file)"))
            #expect(refusal() != nil, "byte \(index)")
        }
    }

    @Test func whoIsTrustedStandsInStationYAML() throws {
        let text = try copy.text("station.yaml")
        try copy.write(
            "station.yaml",
            text
                + "mode: production\ntrusted-engineers:\n  - \(maria.verifier.text)\n  - \(paul.verifier.text)\n"
        )
        let folder = try #require(copy.load().folder)
        #expect(folder.station.trust.mode == .production)
        #expect(folder.station.trust.engineers == [maria.verifier, paul.verifier])
        // The order of the list doesn't matter, everything else does.
        let turned = ConfigTrust(mode: .production, engineers: [paul.verifier, maria.verifier])
        #expect(folder.station.trust.digest == turned.digest)
        #expect(turned.digest != ConfigTrust(mode: .development, engineers: turned.engineers).digest)
        #expect(turned.digest != ConfigTrust(mode: .production, engineers: [paul.verifier]).digest)
        try copy.write("station.yaml", text + "mode: production\ntrusted-engineers: [maria+12345678+AAAA]\n")
        let problems = copy.load().problems
        #expect(problems.map(\.code) == [.trustedKey] && problems.first?.line ?? 0 > 1)
    }

    // MARK: Bundles

    private func code(_ bytes: [UInt8]) -> ConfigCode? {
        do throws(ConfigProblem) {
            let bundle = try ConfigBundle(bytes: bytes)
            _ = try bundle.signature.signers(of: bundle.revision.digest, trusted: [maria.verifier])
            return nil
        } catch { return error.code }
    }

    @Test func aBundleIsWholeOrRefused() throws {
        try sign(maria)
        let bytes = try ConfigBundle(folder: copy.path).bytes
        #expect(code(bytes) == nil)
        #expect(try ConfigBundle(bytes: bytes).revision == ConfigRevision(folder: copy.path))
        for count in [0, 10, 100, 1000, bytes.count / 2, bytes.count - 1] {
            #expect(code(Array(bytes.prefix(count))) != nil, "\(count) bytes")
        }
        #expect(code(bytes + [0]) == .bundleDamaged)
        for index in Array(stride(from: 0, to: 5000, by: 7))
            + Array(stride(from: 5000, to: bytes.count, by: 60_013))
        {
            var changed = bytes
            changed[index] ^= 1
            #expect(code(changed) != nil, "byte \(index)")
        }
    }

    @Test(arguments: [
        "images/../../x", "../x", "/etc/passwd", "images//x", "images/.hidden", "station.yaml",
        "orders/x.yaml",
        "images", "images/", "images/a\\b", "images/a\nb",
        "images/" + String(repeating: "x/", count: 20) + "y",
    ])
    func pathsThatLeadElsewhereAreRefused(path: String) throws {
        #expect(!ConfigBundle.isSafe(path))
        // Signed by a trusted engineer and all.
        let revision = ConfigRevision(files: [.init(path: path, size: 1, sha256: SHA256Digest(of: [7]))])
        let note = try ConfigSignature(of: revision.digest, by: maria).text
        let manifest = revision.canonicalBytes
        let bytes =
            Array("blessing-station-bundle/1 \(note.utf8.count) \(manifest.count)\n".utf8) + Array(note.utf8)
            + manifest + [7]
        #expect(code(bytes) == .bundleDamaged)
    }

    // MARK: The shelf

    @Test func revisionsAreSwitchedInOneStep() throws {
        try sign(maria)
        let first = try ConfigRevision(folder: copy.path).digest.hex
        let before = try copy.text("plans/env-sensor.yaml")
        let other = try FolderCopy()
        try other.write("plans/env-sensor.yaml", before + "\n# second\n")
        let revision = try ConfigRevision(folder: other.path).digest
        try other.write(ConfigSignature.file, try ConfigSignature(of: revision, by: maria).text)
        let bundle = try ConfigBundle(bytes: try ConfigBundle(folder: other.path).bytes)

        let shelf = RevisionShelf(root: copy.path)
        try shelf.stage(bundle)
        try shelf.stage(bundle)
        #expect(shelf.staged == [revision.hex] && shelf.current == nil)
        #expect(try copy.text("plans/env-sensor.yaml") == before)
        struct No: Error {}
        #expect(throws: No.self) { try shelf.activate(revision.hex) { _ in throw No() } }
        #expect(shelf.current == nil)

        var seen = ""
        try shelf.activate(revision.hex) { view in
            let (folder, problems) = StationFolder.load(at: view, regulatory: Demo.regulatory)
            #expect(folder != nil, "\(problems)")
            seen = try String(contentsOfFile: view + "/plans/env-sensor.yaml", encoding: .utf8)
        }
        #expect(seen.hasSuffix("# second\n"))
        #expect(shelf.current == revision.hex && shelf.previous == first)
        #expect(try copy.text("plans/env-sensor.yaml").hasSuffix("# second\n"))
        #expect(refusal() == nil)
        #expect(copy.load().folder != nil, "\(copy.load().problems)")

        #expect(try shelf.rollBack { _ in } == first)
        #expect(try copy.text("plans/env-sensor.yaml") == before && refusal() == nil)
        #expect(try shelf.rollBack { _ in } == revision.hex)
        #expect(shelf.staged == [first, revision.hex].sorted())
        let left = try FileManager.default.contentsOfDirectory(atPath: copy.path + "/revisions").filter {
            $0.hasPrefix(".")
        }
        #expect(left == [])
    }

    @Test func aRevisionThatWasChangedOnTheShelfIsRefused() throws {
        try sign(maria)
        let shelf = RevisionShelf(root: copy.path)
        let bundle = try ConfigBundle(folder: copy.path)
        try shelf.stage(bundle)
        let digest = bundle.revision.digest.hex
        try copy.write("revisions/\(digest)/plans/env-sensor.yaml", "plan: other\n")
        #expect(throws: ConfigProblem.self) { try shelf.activate(digest) { _ in } }
        #expect(throws: ConfigProblem.self) { try shelf.activate(String(repeating: "0", count: 64)) { _ in } }
        #expect(throws: ConfigProblem.self) { try shelf.rollBack { _ in } }
        #expect(shelf.current == nil)
    }
}
