import Foundation
import Testing

@testable import Squirrel

/// Every program of the corpus prints what its `.out` file says. Where upstream behaves in a defined way, the file
/// holds upstream 3.0.4's own output.
@Suite struct ProgramTests {
    @Test func corpusIsComplete() {
        #expect(Corpus.names.count >= 250)
    }

    @Test(arguments: Corpus.names)
    func program(_ name: String) throws {
        let source = try Corpus.bytes(name + ".nut")
        let expected = try Corpus.bytes(name + ".out")
        let result = transcript(of: source, name: name + ".nut")
        #expect(
            String(decoding: result.whole, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
    }

    /// The same program twice gives the same output to the byte, object numbers included.
    @Test(arguments: ["table-order-many", "operator-typeof", "class-foreach", "closure-try"])
    func isReproducible(_ name: String) throws {
        let source = try Corpus.bytes(name + ".nut")
        let first = transcript(of: source)
        #expect(transcript(of: source).whole == first.whole)
        #expect(!first.whole.isEmpty)
    }
}
