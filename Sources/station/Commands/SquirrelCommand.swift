import ArgumentParser
import Foundation
import ImpEmulator
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
                    do throws(CompileError) {
                        _ = try SquirrelVM().compile(prepared.bytes, name: file)
                    } catch {
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

    private static let longest = 4 << 20

    /// A program for emulated modules from a file.
    static func program(_ file: String, libraries: [String]) throws -> DeviceProgram {
        let source = try Files.read(file, limit: longest)
        do {
            return try DeviceProgram(name: file, source: source, provider: provider(for: file, libraries))
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
    }

    /// Where a program for an emulated module finds what it names.
    func provider(for file: String) -> any SourceProvider { Self.provider(for: file, library) }

    /// Beside the file, then the folders given, then what the program brings along.
    private static func provider(for file: String, _ folders: [String]) -> some SourceProvider {
        let beside = (file as NSString).deletingLastPathComponent
        return FirstOf(
            files: FolderSourceProvider(folders: [beside.isEmpty ? "." : beside] + folders),
            own: BuiltInLibraries())
    }

    private struct FirstOf: SourceProvider {
        var files: FolderSourceProvider
        var own: BuiltInLibraries

        func source(named name: String) -> [UInt8]? { files.source(named: name) ?? own.source(named: name) }
    }

    func prepare(_ file: String) throws -> PreparedSource {
        let source = try Files.read(file, limit: Self.longest)
        do {
            return try SourcePreprocessor(provider: Self.provider(for: file, library)).process(
                source, name: file)
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
    }
}
