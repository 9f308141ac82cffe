import ContentAddress
import Squirrel

/// A Squirrel source text for an imp, preprocessed and compiled once, that any number of modules run.
public struct DeviceProgram: Sendable {
    /// The file's name, as errors and call stacks give it.
    public let name: String
    /// SHA-256 of the prepared source: file and libraries together, what the modules really run.
    public let digest: SHA256Digest
    /// The libraries that went in.
    public var libraries: [LibraryReference] { prepared?.required ?? [] }
    private let compiled: CompiledProgram?
    private let prepared: PreparedSource?
    private let trouble: String

    /// - Parameters:
    ///   - source: Squirrel, with `#require` and Builder's directives.
    ///   - provider: where libraries and includes are found; by default only those that the emulator brings along.
    ///   - constants: names that stand for values at compile time.
    /// - Throws: `SourceError` or `CompileError`, both with file and line.
    public init(
        name: String, source: [UInt8], provider: any SourceProvider = BuiltInLibraries(),
        constants: [String: SquirrelData] = DeviceConstants.all
    ) throws {
        let prepared = try SourcePreprocessor(provider: provider).process(source, name: name)
        self.name = name
        self.prepared = prepared
        trouble = ""
        digest = SHA256Digest(of: prepared.bytes)
        do {
            compiled = try CompiledProgram(prepared.bytes, name: name, constants: constants)
        } catch {
            throw error.mapped(through: prepared)
        }
    }

    /// The program as a release's compiler takes it.
    ///
    /// With R29 broken the word `base` is a name like any other, which is what led to crashes.
    /// - Throws: as the other.
    public init(name: String, source: [UInt8], release: Release30) throws {
        try self.init(name: name, source: release.holds(.r29) ? source : Self.renamingBase(source))
    }

    /// Replaces the word `base` by one that the compiler does not know.
    private static func renamingBase(_ source: [UInt8]) -> [UInt8] {
        func isPartOfWord(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_") || byte >= 0x30 && byte <= 0x39
                || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A
        }
        let word = Array("base".utf8)
        var result: [UInt8] = []
        var index = 0
        while index < source.count {
            let end = index + word.count
            let stands =
                end <= source.count && Array(source[index..<end]) == word
                && (index == 0 || !isPartOfWord(source[index - 1]))
                && (end == source.count || !isPartOfWord(source[end]))
            result += stands ? word + Array("_".utf8) : [source[index]]
            index += stands ? word.count : 1
        }
        return result
    }

    /// A program that ends with `trouble` whenever it is started.
    init(name: String, failingWith trouble: String) {
        self.name = name
        self.trouble = trouble
        digest = SHA256Digest(of: [])
        compiled = nil
        prepared = nil
    }

    /// - Throws: what kept the program from being compiled.
    func loaded(into vm: SquirrelVM) throws(ImpAPIError) -> SquirrelObject {
        guard let compiled else { throw ImpAPIError(trouble) }
        return vm.load(compiled)
    }

    /// The same error in terms of the files that the program was made of.
    func mapped(_ error: SquirrelError) -> SquirrelError {
        prepared.map { error.mapped(through: $0, compiledAs: name) } ?? error
    }

    /// Where a line of the prepared text came from.
    func origin(ofLine line: Int) -> (file: String, line: Int) {
        prepared?.origin(ofLine: line) ?? (name, line)
    }
}

extension FirmwareLibrary {
    /// Modules, and agents, that run Squirrel.
    public static func squirrel(
        factory: DeviceProgram, application: DeviceProgram, fixture: DeviceProgram? = nil,
        agents: [ModuleConfig.Code: DeviceProgram] = [:]
    ) -> FirmwareLibrary {
        var library = FirmwareLibrary(
            factory: { DeviceFirmware(factory, $0) }, application: { DeviceFirmware(application, $0) },
            agents: agents)
        library.factoryDigest = factory.digest
        if let fixture { library.fixture = { DeviceFirmware(fixture, $0) } }
        return library
    }
}
