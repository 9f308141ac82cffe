import Testing

@testable import Squirrel

/// `#require` and Builder's directives.
@Suite struct PreprocessorTests {
    private func prepare(
        _ source: String, _ files: [String: String] = [:], variables: [String: BuilderValue] = [:]
    ) throws(SourceError) -> PreparedSource {
        let preprocessor = SourcePreprocessor(provider: DictionarySourceProvider(files), variables: variables)
        return try preprocessor.process(Array(source.utf8), name: "main.nut")
    }

    private func text(
        _ source: String, _ files: [String: String] = [:], variables: [String: BuilderValue] = [:]
    ) throws -> String {
        String(decoding: try prepare(source, files, variables: variables).bytes, as: UTF8.self)
    }

    private func problem(_ source: String, _ files: [String: String] = [:]) -> SourceError? {
        do throws(SourceError) {
            _ = try prepare(source, files)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("a\nb\n", "a\nb\n"),
        ("local s = @\"x\"\n@(x) x\n", "local s = @\"x\"\n@(x) x\n"),
        ("@ a comment\nx\n", "x\n"),
        ("@set A 5\n@set B = A + 1\n@{A} @{B} @{A * B}\n", "5 6 30\n"),
        ("@set N \"imp\"\nprint(\"@{N}\" + '@{N + 3}')\n", "print(\"imp\" + 'imp3')\n"),
        ("@if 1 < 2\nyes\n@else\nno\n@endif\n", "yes\n"),
        ("@if false\na\n@elseif null\nb\n@elseif 1\nc\n@else\nd\n@end\n", "c\n"),
        ("@if UNKNOWN\na\n@end\nb\n", "b\n"),
        ("@if defined(X)\na\n@else\nb\n@end\n", "b\n"),
        ("@if 1\n@if 0\na\n@else\nb\n@endif\n@else\nc\n@endif\n", "b\n"),
        ("@repeat 3\nline @{loop.index}\n@endrepeat\n", "line 0\nline 1\nline 2\n"),
        ("@set i 0\n@while i < 2\n@set i i + 1\n@{i}\n@endwhile\n", "1\n2\n"),
        (
            "@macro hi(a, b)\nhi @{a} @{defined(b) ? b : \"-\"}\n@endmacro\n@include hi(1)\n@{hi(2, 3)}\n",
            "hi 1 -\nhi 2 3\n"
        ),
        ("@{__FILE__}:@{__LINE__}\n", "main.nut:1\n"),
        (
            "@{min(3, 1, 2)} @{max(1, 2)} @{abs(-4)} @{!false} @{1 ? 'a' : 'b'} @{10 % 4}\n",
            "1 2 4 true a 2\n"
        ),
        ("@{escape(\"a\\\"b\")}\n", "a\\\"b\n"),
        ("a\r\nb\r\n", "a\nb\n"),
    ])
    func directives(_ source: String, _ expected: String) throws {
        #expect(try text(source) == expected)
    }

    @Test func includes() throws {
        let files = ["lib.nut": "in lib\n@include \"deep.nut\"\n", "deep.nut": "deep\n"]
        #expect(try text("a\n@include \"lib.nut\"\nb\n", files) == "a\nin lib\ndeep\nb\n")
        let twice = "@include once \"deep.nut\"\n@include once \"deep.nut\"\n@include \"deep.nut\"\n"
        #expect(try text(twice, files) == "deep\ndeep\n")
        #expect(try text("x = \"@{include('deep.nut')}\"\n", files) == "x = \"deep\"\n")
        #expect(try text("@set F \"deep.nut\"\n@include F\n", files) == "deep\n")
        #expect(try text("@{V}\n", variables: ["V": .string("given")]) == "given\n")
    }

    @Test func requirements() throws {
        let files = ["Promise.lib.nut": "class Promise {}\n", "2.0.0/Log.class.nut": "class Log {}\n"]
        let source =
            "#require \"Promise.lib.nut:4.0.0\", \"Log.class.nut:2.0.0\"\n  #require \"Promise.lib.nut:4.0.0\"\nx\n"
        let prepared = try prepare(source, files)
        #expect(String(decoding: prepared.bytes, as: UTF8.self) == "class Promise {}\nclass Log {}\nx\n")
        #expect(prepared.required.map(\.description) == ["Promise.lib.nut:4.0.0", "Log.class.nut:2.0.0"])
        #expect(prepared.origin(ofLine: 2) == ("Log.class.nut", 1))
        #expect(prepared.origin(ofLine: 3) == ("main.nut", 3))
    }

    @Test func problemsNameTheirPlace() {
        #expect(
            problem("\n#require \"Gone.lib.nut:1.0.0\"\n")?.description
                == "main.nut:2: library \"Gone.lib.nut:1.0.0\" was not found: put it into a library folder under one of the names Gone.lib.nut:1.0.0, 1.0.0/Gone.lib.nut, Gone.lib.nut"
        )
        #expect(problem("@include \"no.nut\"\n")?.problem == .missingInclude("no.nut"))
        #expect(problem("@include \"github:a/b/c.nut\"\n")?.problem == .remoteInclude("github:a/b/c.nut"))
        #expect(problem("x @{NOPE}\n")?.problem == .undefined("NOPE"))
        #expect(problem("@error \"stop \" + 1\n")?.message == "stop 1")
        #expect(
            problem("@include \"self.nut\"\n", ["self.nut": "@include \"self.nut\"\n"])?.problem
                == .nestedTooDeeply)
        #expect(problem("a\n@include \"l.nut\"\n", ["l.nut": "ok\n@{(}\n"])?.file == "l.nut")
        for source in [
            "@if 1\n", "@endif\n", "@if (\n@end\n", "@{1 +}\n", "@{\n", "#require x\n", "@set\n",
            "@macro\n@end\n", "@{f(1)}\n", "@repeat 2\n@endif\n",
        ] {
            #expect(problem(source) != nil, "\(source)")
        }
    }

    @Test func errorsMapBackToTheirFiles() throws {
        let files = ["lib.nut": "function broken(x) {\n    return x.y\n}\n"]
        let prepared = try prepare("// main\n@include \"lib.nut\"\n@if 1\nbroken(1)\n@end\n", files)
        let vm = SquirrelVM()
        let main = try vm.compile(prepared.bytes, name: "device")
        let error = #expect(throws: SquirrelError.self) { try vm.call(.object(main)) }
        #expect(
            error?.mapped(through: prepared, compiledAs: "device").description
                == "ERROR: the index 'y' does not exist\nERROR:   in broken lib.nut:2\nERROR:   in main main.nut:4"
        )
        let wrong = try prepare("a\n@include \"bad.nut\"\n", ["bad.nut": "local x = 1\nlocal = 5\n"])
        let compile = try #require(SquirrelVM.check(wrong.bytes, name: "device"))
        #expect(compile.mapped(through: wrong).description == "bad.nut:2: expected 'IDENTIFIER'")
    }

    @Test func sizeIsBounded() {
        let files = ["a.nut": String(repeating: "x", count: 1 << 20)]
        #expect(problem("@repeat 100\n@include \"a.nut\"\n@end\n", files)?.problem == .tooLarge)
    }
}
