import ArgumentParser
import Foundation
import Squirrel

struct SquirrelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "squirrel",
        abstract:
            "Compile and run Squirrel as impOS Release 30 has it: language and libraries, without the imp API.",
        subcommands: [Run.self, Check.self])

    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a program; its exit code is 1 when an error is left uncaught.")
        @OptionGroup var sources: SquirrelSources
        @Argument(help: "The program.") var file: String
        @Option(help: ArgumentHelp("Stop after so many instructions; 0 for no limit.", valueName: "n"))
        var instructions: UInt64 = 0

        func run() throws {
            let prepared = try sources.prepare(file)
            let vm = SquirrelVM()
            vm.onPrint = { Terminal.write($0) }
            vm.onError = { Terminal.write($0) }
            if instructions > 0 { vm.instructionLimit = instructions }
            do {
                let program = try vm.compile(prepared.bytes, name: file)
                _ = try vm.call(.object(program))
            } catch let error as CompileError {
                throw StationFailure(.badInput, "\(error.mapped(through: prepared))")
            } catch let error as SquirrelError {
                throw StationFailure(.unitFailed, "\(error.mapped(through: prepared, compiledAs: file))")
            }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compile only; every error as file:line: message.")
        @OptionGroup var sources: SquirrelSources
        @Argument(help: "The programs.") var files: [String]

        func run() throws {
            var faults = 0
            for file in files {
                do {
                    let prepared = try sources.prepare(file)
                    for warning in prepared.warnings { Terminal.note("\(warning)") }
                    do {
                        _ = try SquirrelVM().compile(prepared.bytes, name: file)
                    } catch let error as CompileError {
                        Terminal.line("\(error.mapped(through: prepared))")
                        faults += 1
                    }
                } catch let failure as StationFailure {
                    Terminal.line(failure.message)
                    faults += 1
                }
            }
            if faults > 0 {
                throw StationFailure(.badInput, "\(faults.of("file")) of \(files.count) can't be compiled.")
            }
        }
    }
}

/// Where `#require` and Builder's `@include` find what they name.
struct SquirrelSources: ParsableArguments {
    @Option(
        name: [.customShort("L"), .long],
        help: ArgumentHelp("A folder of libraries; may be given more than once.", valueName: "dir"))
    var library: [String] = []

    func prepare(_ file: String) throws -> PreparedSource {
        let source = try Files.read(file, limit: 4 << 20)
        let beside = (file as NSString).deletingLastPathComponent
        let provider = FolderSourceProvider(folders: [beside.isEmpty ? "." : beside] + library)
        do {
            return try SourcePreprocessor(provider: provider).process(source, name: file)
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
    }
}
