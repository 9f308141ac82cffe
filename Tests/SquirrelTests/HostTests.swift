import Testing

@testable import Squirrel

/// The host's side: values in and out, natives, classes with host objects.
@Suite struct HostTests {
    @Test func valuesPassUnchanged() throws {
        let vm = SquirrelVM()
        let identity = try vm.compile("return @(x) x", name: "t")
        let function = try vm.call(.object(identity))
        let values: [SquirrelValue] = [
            .null, true, false, 0, -1, .integer(.min), .integer(.max), 1.5, .float(-0.0), "", "text",
            .string(SquirrelString([0, 255, 0])),
        ]
        for value in values { #expect(try vm.call(function, [value]) == value) }
    }

    @Test func objectsKeepTheirIdentity() throws {
        let vm = SquirrelVM()
        let table = vm.makeTable([("a", 1), ("b", "two")])
        vm.root["shared"] = .object(table)
        let main = try vm.compile("shared.a += 41; shared.c <- [1, 2.5]; return shared", name: "t")
        let result = try vm.call(.object(main))
        #expect(result == .object(table))
        #expect(table["a"] == 42)
        #expect(table["c"]?.objectValue?.elements == [1, 2.5])
        #expect(table.count == 3)
        table["a"] = nil
        #expect(table["a"] == nil)
        #expect(Set(table.entries.map { $0.key.stringValue?.text ?? "" }) == ["b", "c"])
    }

    @Test func nativesReceiveArguments() throws {
        let vm = SquirrelVM()
        vm.root["add"] = .object(
            vm.makeFunction("add", parameters: .exactly(2)) { call in
                .integer(try call.integer(0) &+ call.integer(1))
            })
        vm.root["describe"] = .object(
            vm.makeFunction("describe", parameters: .atLeast(1)) { call in
                .text("\(call.count) \(call[0].typeName) \(call[5].typeName)")
            })
        #expect(try vm.run("return add(40, 2.9)") == 42)
        #expect(try vm.run("return describe({}, 1)") == "2 table null")
        #expect(vm.failure(of: "add(1)")?.message == "wrong number of parameters")
        #expect(vm.failure(of: "describe()")?.message == "wrong number of parameters")
        let wrong = vm.failure(of: "add(1, \"x\")")
        #expect(wrong?.message == "parameter 2 has an invalid type 'string' ; expected: 'integer|float'")
    }

    @Test func typeLettersAreChecked() throws {
        let vm = SquirrelVM()
        vm.root["typed"] = .object(
            vm.makeFunction("typed", parameters: .any, types: ".s|o n c") { _ in "ok" })
        #expect(try vm.run("return typed(null, 1, print)") == "ok")
        #expect(try vm.run("return typed(\"s\", 1.5, @() 1)") == "ok")
        #expect(
            vm.failure(of: "typed(5, 1, print)")?.message
                == "parameter 1 has an invalid type 'integer' ; expected: 'null|string'")
    }

    @Test func nativesThrowIntoTheProgram() throws {
        let vm = SquirrelVM()
        struct Odd: Error, CustomStringConvertible { var description: String { "odd thing" } }
        vm.root["fails"] = .object(
            vm.makeFunction("fails") { _ in throw SquirrelError.thrown("native failed") })
        vm.root["odd"] = .object(vm.makeFunction("odd") { _ in throw Odd() })
        vm.root["value"] = .object(vm.makeFunction("value") { _ in throw SquirrelError.thrown(value: 7) })
        #expect(try vm.run("try { fails() } catch (e) { return e }") == "native failed")
        #expect(try vm.run("try { odd() } catch (e) { return e }") == "odd thing")
        #expect(try vm.run("try { value() } catch (e) { return e + 1 }") == 8)
        let error = try #require(vm.failure(of: "local x = 1\n\nfails()"))
        #expect(error.description == "ERROR: native failed\nERROR:   in main test:3")
    }

    @Test func nativesCallBack() throws {
        let vm = SquirrelVM()
        vm.root["twice"] = .object(
            vm.makeFunction("twice") { call in
                let function = SquirrelValue.object(try call.function(0))
                return try call.call(function, [try call.call(function, [call[1]])])
            })
        #expect(try vm.run("return twice(@(x) x * 3, 2)") == 18)
        let error = try #require(vm.failure(of: "twice(function(x) {\n throw \"inner\" }, 1)"))
        #expect(error.message == "inner")
        #expect(error.callStack.map(\.line).filter { $0 > 0 } == [2, 1])
        #expect(
            try vm.run("try { twice(@(x) x.y, 1) } catch (e) { return e }") == "the index 'y' does not exist")
    }

    @Test func classesCarryHostObjects() throws {
        final class Pin {
            var level = 0
        }
        let vm = SquirrelVM()
        let type = vm.makeClass(
            "Pin",
            methods: [
                NativeMethod("write", parameters: .exactly(1)) { call in
                    try call.payload(Pin.self).level = Int(try call.integer(0))
                    return .null
                },
                NativeMethod("read") { call in .integer(truncating: try call.payload(Pin.self).level) },
                NativeMethod("_tostring") { _ in "a pin" },
            ])
        weak var released: Pin?
        do {
            let pin = Pin()
            released = pin
            vm.root["pin"] = .object(try vm.makeInstance(of: type, payload: pin))
            #expect(try vm.run("pin.write(5); return pin.read() + \" \" + pin") == "5 a pin")
            #expect(pin.level == 5)
            #expect(vm.failure(of: "local w = pin.write; w(1)")?.message == "'this' is no Pin")
        }
        #expect(released != nil)
        vm.root["pin"] = nil
        #expect(released == nil)
    }

    @Test func scriptsExtendNativeClasses() throws {
        let vm = SquirrelVM()
        vm.root["Base"] = .object(
            vm.makeClass("Base", methods: [NativeMethod("hello") { _ in "hello from the host" }]))
        let source =
            "class D extends Base { function hello() { return base.hello() + \"!\" } }; return D().hello()"
        #expect(try vm.run(source) == "hello from the host!")
    }

    @Test func lazyFieldsThroughGet() throws {
        let vm = SquirrelVM()
        let hardware = vm.makeTable()
        let delegate = vm.makeTable([
            (
                "_get",
                .object(
                    vm.makeFunction("_get") { call in
                        guard try call.string(0).text.hasPrefix("pin") else {
                            throw SquirrelError.thrown(value: .null)
                        }
                        return .text("made " + (try call.string(0).text))
                    })
            )
        ])
        try hardware.setDelegate(delegate)
        vm.root["hardware"] = .object(hardware)
        #expect(try vm.run("return hardware.pinA") == "made pinA")
        #expect(vm.failure(of: "hardware.spi9")?.message == "the index 'spi9' does not exist")
    }

    @Test func blobsInPlace() throws {
        let vm = SquirrelVM()
        let blob = vm.makeBlob([1, 2, 3])
        vm.root["b"] = .object(blob)
        #expect(try vm.run("b[1] = 9; b.seek(0, 'e'); b.writen(0x0403, 'w'); return b.len()") == 5)
        #expect(blob.bytes == [1, 9, 3, 3, 4])
        #expect(blob.position == 5)
        blob.withBytes { $0[0] = 77 }
        #expect(try vm.run("return b[0] + b.tostring().len()") == 82)
        #expect(vm.makeTable().isBlob == false)
    }

    @Test func dataComesOutAndGoesIn() throws {
        let vm = SquirrelVM()
        let value = try vm.run(
            "return { a = [1, 2.5, null, true], s = \"x\", b = blob(2), t = {} , f = print }")
        let data = try vm.data(from: value)
        guard case .table(let entries) = data else {
            Issue.record("no table: \(data)")
            return
        }
        let byName = Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) })
        #expect(byName[.string("a")] == .array([.integer(1), .float(2.5), .null, .bool(true)]))
        #expect(byName[.string("b")] == .blob([0, 0]))
        #expect(byName[.string("f")] == .opaque("function"))
        let back = try vm.data(from: vm.value(from: .array([data, .blob([7])])))
        guard case .array(let pair) = back, case .table(let again) = pair.first else {
            Issue.record("no array: \(back)")
            return
        }
        #expect(again.count == entries.count)
        #expect(pair.last == .blob([7]))
    }

    @Test func constantsAndEnums() throws {
        let vm = SquirrelVM()
        vm.defineConstant("DIGITAL_OUT", 6)
        vm.defineConstant("NAME", "imp003")
        vm.defineConstant("FLAG", true)
        vm.defineEnum("Mode", [("A", 1), ("B", "b")])
        #expect(try vm.run("return NAME + DIGITAL_OUT + Mode.A + Mode.B + FLAG") == "imp00361btrue")
        _ = try vm.run("const LATER = 8")
        #expect(try vm.run("return LATER") == 8)
    }

    @Test func handlesOutliveTheirMachine() throws {
        var vm: SquirrelVM? = SquirrelVM()
        let table = try #require(vm?.makeTable([("a", 1)]))
        let function = try #require(try vm?.compile("return 1", name: "t"))
        vm = nil
        #expect(table["a"] == nil)
        #expect(table.count == 0)
        #expect(table.entries.isEmpty)
        #expect(function.functionName == nil)
        let other = SquirrelVM()
        #expect(
            try other.call(.object(try other.compile("return vargv[0]", name: "t")), [.object(table)])
                == .null)
    }

    @Test func naturalCyclesWithTheHostEnd() throws {
        weak var gone: SquirrelVM?
        do {
            let vm = SquirrelVM()
            gone = vm
            let table = vm.makeTable()
            vm.root["f"] = .object(vm.makeFunction("f") { _ in .object(table) })
            _ = try vm.run("f().self <- f()")
        }
        #expect(gone == nil)
    }
}

extension SquirrelVM {
    /// Compiles and calls.
    func run(_ source: String) throws -> SquirrelValue {
        try call(.object(try compile(source, name: "test")))
    }

    /// The error of a program that must fail.
    func failure(of source: String) -> SquirrelError? {
        do {
            _ = try run(source)
            return nil
        } catch {
            return error as? SquirrelError
        }
    }
}
