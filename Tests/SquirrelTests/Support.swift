import Foundation
import Squirrel

/// The programs in `Programs`, each `.nut` with the output that is expected in the `.out` beside it.
enum Corpus {
    static let folder = Bundle.module.url(forResource: "Programs", withExtension: nil)

    static let names: [String] = {
        guard let folder, let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            return []
        }
        return files.filter { $0.hasSuffix(".nut") }.map { String($0.dropLast(4)) }.sorted()
    }()

    static func bytes(_ file: String) throws -> [UInt8] {
        guard let folder else { return [] }
        return Array(try Data(contentsOf: folder.appendingPathComponent(file)))
    }
}

/// What a program printed, and how it ended.
struct Transcript {
    var output: [UInt8] = []
    var error: String?

    var text: String { String(decoding: output, as: UTF8.self) }

    /// As the `.out` files have it: the output, then the error.
    var whole: [UInt8] {
        var all = output
        if let error { all += Array((error + "\n").utf8) }
        return all
    }
}

/// Runs a source to its end or to a limit.
func transcript(
    of source: [UInt8], name: String = "test.nut", limits: SquirrelVM.Limits = .init(),
    instructions: UInt64 = 200_000_000
) -> Transcript {
    let vm = SquirrelVM(limits: limits)
    vm.instructionLimit = instructions
    final class Sink { var bytes: [UInt8] = [] }
    let sink = Sink()
    vm.onPrint = { sink.bytes += $0 }
    do {
        let main = try vm.compile(source, name: name)
        _ = try vm.call(.object(main))
        return Transcript(output: sink.bytes, error: nil)
    } catch {
        return Transcript(output: sink.bytes, error: "\(error)")
    }
}

func transcript(of source: String) -> Transcript {
    transcript(of: Array(source.utf8))
}

/// What a program prints; its error, if any, follows.
func output(_ source: String) -> String {
    let result = transcript(of: source)
    return String(decoding: result.whole, as: UTF8.self)
}
