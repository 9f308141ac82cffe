import Squirrel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a program prints, gathered and written in pieces.
final class Output {
    private var bytes: [UInt8] = []
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    func add(_ more: [UInt8]) {
        bytes += more
        if bytes.count > 65_536 { flush() }
    }

    func flush() {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { break }
            rest = rest.dropFirst(count)
        }
        bytes = []
    }
}

/// One file on our machine.
enum ProgramRun {
    /// - Returns: the process's exit code.
    static func run(_ path: String) -> Int32 {
        guard let source = FolderSourceProvider(folders: ["."]).source(named: path) else {
            print("squirrel-bench: cannot read \(path)")
            return 2
        }
        let vm = SquirrelVM(limits: .init(memoryBytes: 1 << 30))
        let (output, errors) = (Output(descriptor: 1), Output(descriptor: 2))
        vm.onPrint = { output.add($0) }
        vm.onError = { errors.add($0) }
        defer {
            output.flush()
            errors.flush()
        }
        do {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            _ = try vm.call(.object(try vm.compile(source, name: name)))
            return 0
        } catch {
            output.flush()
            errors.add(Array("\(error)\n".utf8))
            return 1
        }
    }
}
