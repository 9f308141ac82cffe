import Foundation
import Testing

@testable import Ledger

@Suite struct SigningTests {
    /// The example of Go's `sumdb/note` documentation, which C2SP signed notes are compatible with.
    static let secret = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    static let verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    static let text =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    static let note =
        text
        + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

    @Test func goNoteIsUnderstood() throws {
        let key = try StationKey(text: Self.secret)
        #expect(key.verifier.text == Self.verifier)
        #expect(key.text == Self.secret)
        #expect(try SignedNote(text: Self.text, signedBy: key).encoded == Self.note)
        let note = try SignedNote(parsing: Self.note)
        #expect(note.text == Self.text)
        #expect(try note.verify(by: [VerifierKey(text: Self.verifier)]).map(\.name) == ["PeterNeumann"])
    }

    @Test func everyChangedByteOfANoteIsNoticed() throws {
        let key = try VerifierKey(text: Self.verifier)
        let bytes = Array(Self.note.utf8)
        for index in bytes.indices {
            for bit: UInt8 in [0x01, 0x20] {
                var changed = bytes
                changed[index] ^= bit
                guard let text = String(validating: changed, as: UTF8.self) else { continue }
                #expect(throws: NoteError.self, "byte \(index)") {
                    try SignedNote(parsing: text).verify(by: [key])
                }
            }
        }
    }

    @Test func signaturesOfOthersArePassedOver() throws {
        let mine = try StationKey.generate(name: "mine")
        let other = try StationKey.generate(name: "other")
        let note = try SignedNote(text: "hello\n", signedBy: mine)
        let both =
            note.encoded
            + (try SignedNote(text: "hello\n", signedBy: other)).encoded.dropFirst("hello\n\n".count)
        #expect(try SignedNote(parsing: both).verify(by: [mine.verifier]) == [mine.verifier])
        #expect(throws: NoteError.untrusted(signers: ["mine"])) { try note.verify(by: [other.verifier]) }
    }

    @Test(arguments: [
        "", "no newline", "text\n", "text\n\n", "text\n\nno mark AAAA\n", "text\n\n— name\n",
        "text\n\n— name !!!!\n",
        "text\n\n— na+me AAAAAAAAAAA=\n", "text\n\n—  AAAAAAAAAAA=\n", "te\u{7}xt\n\n— name AAAAAAAAAAA=\n",
        "\n\n",
    ])
    func malformedNotesAreRefused(note: String) {
        #expect(throws: NoteError.self) { try SignedNote(parsing: note) }
    }

    @Test(arguments: [
        "", "name", "name+00000000", "name+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "+c74f20a3+AA==",
        "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "na me+c74f20a3+AA==",
    ])
    func malformedKeysAreRefused(text: String) {
        #expect(throws: KeyError.self) { try VerifierKey(text: text) }
        #expect(throws: KeyError.self) { try StationKey(text: "PRIVATE+KEY+" + text) }
    }

    @Test(arguments: ["", "two words", "a+b", "tab\t"])
    func badNamesAreRefused(name: String) {
        #expect(throws: KeyError.self) { try StationKey.generate(name: name) }
    }

    @Test func noErrorRepeatsTheSecret() throws {
        let damaged = Self.secret.replacingOccurrences(of: "c74f20a3", with: "c74f20a4")
        let error = #expect(throws: KeyError.self) { try StationKey(text: damaged) }
        #expect(try !#require(error).description.contains("AYEK"))
    }

    @Test func keyFileIsPrivate() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "station.key").path
        let key = try StationKey.generate(name: "blessing-station/a")
        try key.save(to: path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try StationKey.load(from: path).verifier == key.verifier)

        let refused = #expect(throws: KeyError.self) { try key.save(to: path) }
        guard case .unwritable = try #require(refused) else { throw try #require(refused) }
        for mode in [0o640, 0o604, 0o610, 0o644] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            #expect(throws: KeyError.exposed(path: path, mode: UInt16(mode))) {
                try StationKey.load(from: path)
            }
        }
        let absent = #expect(throws: KeyError.self) { try StationKey.load(from: path + "x") }
        #expect(try #require(absent).description.contains("station init"))
        #expect(throws: KeyError.self) { try StationKey.load(from: folder.path) }
    }

    @Test func checkpointsAreRead() throws {
        let key = try StationKey.generate(name: "blessing-station/demo")
        let root = TreeHash.leaf([1, 2, 3])
        let checkpoint = try Checkpoint(size: 42, root: root, signedBy: key)
        #expect(checkpoint.note.text == "blessing-station/demo\n42\n\(root.base64)\n")
        let read = try Checkpoint(parsing: checkpoint.note.encoded)
        #expect(read == checkpoint)
        try read.verify(by: [key.verifier])
        let stranger = try StationKey.generate(name: "blessing-station/demo")
        #expect(throws: NoteError.self) { try read.verify(by: [stranger.verifier]) }
    }

    @Test(arguments: [
        "origin\n42\n", "origin\n-1\nAAAA\n", "origin\n042\nAAAA\n", "\n42\nAAAA\n", "origin\n42\nAAAA\n",
        "origin\nx\ny\n",
    ])
    func malformedCheckpointsAreRefused(text: String) throws {
        let key = try StationKey.generate(name: "origin")
        let note = try SignedNote(text: text, signedBy: key)
        #expect(throws: NoteError.self) { try Checkpoint(parsing: note.encoded) }
    }

    @Test func aCheckpointSignedUnderAnotherNameIsRefused() throws {
        let key = try StationKey.generate(name: "somebody")
        let text = "blessing-station/demo\n1\n\(TreeHash.emptyTree.base64)\n"
        let checkpoint = try Checkpoint(parsing: SignedNote(text: text, signedBy: key).encoded)
        #expect(throws: NoteError.self) { try checkpoint.verify(by: [key.verifier]) }
    }
}
