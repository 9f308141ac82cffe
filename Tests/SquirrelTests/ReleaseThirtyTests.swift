import Testing

@testable import Squirrel

/// What impOS Release 30 changed in the language; the rows' numbers are those of the release notes' list.
@Suite struct ReleaseThirtyTests {
    @Test(arguments: [
        "local base = 1", "base = 1", "base += 1", "base++", "--base", "delete base", "class base {}",
        "function f(base) {}", "foreach (base in []) {}", "try {} catch (base) {}", "base <- 1",
        "local function base() {}",
    ])
    func r29_baseIsNoVariable(_ source: String) {
        let error = SquirrelVM.check(Array(source.utf8), name: "t")
        #expect(error?.message.contains("base") == true, "\(String(describing: error))")
        #expect(error?.line == 1)
    }

    @Test func r31_aMetamethodDoesNotCallItself() throws {
        let get = "class A { function _get(k) { return this[k] } } return A().missing"
        #expect(SquirrelVM().failure(of: get)?.message == "the index 'missing' does not exist")
        let set = "class A { function _set(k, v) { this[k] = v } } A().missing = 1"
        #expect(SquirrelVM().failure(of: set)?.message == "the index 'missing' does not exist")
        let table = "local t = {}.setdelegate({ _get = function(k) { return this[k] } }); return t.gone"
        #expect(SquirrelVM().failure(of: table)?.message == "the index 'gone' does not exist")
        let call = "class A { function _call(self, n) { return this(n) } } return A()(1)"
        #expect(SquirrelVM().failure(of: call)?.message == "attempt to call 'instance'")
        let add = "class A { function _add(o) { return this + o } } return A() + 1"
        #expect(
            SquirrelVM().failure(of: add)?.message == "arith op + on between 'instance' and 'integer'")
    }

    @Test func r31_butObjectsMayAskEachOther() throws {
        let source = """
            class Proxy {
                _inner = null
                constructor(inner) { _inner = inner }
                function _get(k) { return _inner[k] }
            }
            return Proxy(Proxy(Proxy({ deep = "found" }))).deep
            """
        #expect(try SquirrelVM().run(source) == "found")
    }

    @Test func r32_settingOnAClassSaysSo() {
        let error = SquirrelVM().failure(of: "class A { x = 1 }\nA.x = 2")
        #expect(error?.message.contains("'x' of a class") == true)
        #expect(error?.callStack.first?.line == 2)
    }

    @Test func r33_anUnusedGeneratorHoldsNothingOfItsCaller() throws {
        // The expression leaves `big` in a register that the generator's frame then covers.
        let source = """
            function gen(a) {
                local p = 1, q = 2, r = 3, s = 4, t = 5, u = 6
                yield p + q + r + s + t + u
            }
            function make() {
                local big = { name = "big" }
                watch <- big.weakref()
                local n = 1 + (2 + (3 + (null == [big] ? 4 : 5)))
                return gen(n)
            }
            generator <- make()
            return watch == null && generator.getstatus() == "suspended" && resume generator == 21
            """
        #expect(try SquirrelVM().run(source) == true)
    }

    @Test func r13_aCaughtExceptionKnowsItsLine() throws {
        let vm = SquirrelVM()
        var logged: [String] = []
        vm.root["log"] = .object(
            vm.makeFunction("log") { call in
                let origin = call.vm.origin(ofException: call[0])
                logged.append("\(try call.string(0).text) @ \(origin.map(String.init(describing:)) ?? "?")")
                return .null
            })
        _ = try vm.run(
            """
            function risky() {
                local t = {}
                return t.nothing
            }
            try {
                risky()
            } catch (e) {
                log(e)
            }
            log("plain")
            """)
        #expect(logged == ["the index 'nothing' does not exist @ risky test:3", "plain @ ?"])
    }

    @Test func r35_circularDataNamesALine() throws {
        let vm = SquirrelVM()
        vm.root["send"] = .object(
            vm.makeFunction("send") { call in
                _ = try call.vm.data(from: call[0])
                return .null
            })
        let error = try #require(vm.failure(of: "local t = { a = 1 }\nt.self <- [t]\nsend(t)"))
        #expect(error.description == "ERROR: circular data\nERROR:   in main test:3")
        #expect(try vm.run("local x = [1]; send([x, x]); return 1") == 1)
    }

    @Test func divisionErrors() {
        let vm = SquirrelVM()
        #expect(vm.failure(of: "return 5 % 0")?.message == "modulo by zero")
        #expect(vm.failure(of: "return 5 / 0")?.message == "division by zero")
        #expect(vm.failure(of: "local m = -2147483647 - 1; return m / -1")?.message == "integer overflow")
        #expect(vm.failure(of: "local m = -2147483647 - 1; return m % -1")?.message == "integer overflow")
    }

    @Test func shiftsAndConversionsAreTheCores() throws {
        let vm = SquirrelVM()
        #expect(
            try vm.run("local n = 40; return [1 << n, -8 >> n, -8 >>> n, 1 << 32].reduce(@(a, b) a * 10 + b)")
                == -100)
        #expect(try vm.run("return (1e10).tointeger()") == .integer(.max))
        #expect(try vm.run("return (-1e10).tointeger()") == .integer(.min))
        #expect(try vm.run("return \"\\xFF\"[0]") == 255)
    }
}
