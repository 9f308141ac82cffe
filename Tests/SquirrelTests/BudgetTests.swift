import Testing

@testable import Squirrel

/// Hostile programs end in an error or at a limit, and leave a machine that works.
@Suite struct BudgetTests {
    private static let small = SquirrelVM.Limits(memoryBytes: 4 << 20)

    private func ends(
        _ source: String, _ cause: SquirrelError.Cause, limits: SquirrelVM.Limits = small,
        instructions: UInt64 = 20_000_000
    ) throws {
        let vm = SquirrelVM(limits: limits)
        vm.instructionLimit = instructions
        let error = try #require(vm.failure(of: source))
        #expect(error.cause == cause, "\(error)")
        vm.instructionLimit = nil
        #expect(try vm.run("local s = 0; foreach (v in [1, 2, 3]) s += v; return s") == 6)
    }

    @Test(arguments: [
        "while (true) {}", "for (;;) ;", "do {} while (1)",
        "while (true) { continue }", "while (true) { if (true) continue; print(1) }",
        "for (;;) { continue }", "do { continue } while (true)",
        "while (true) { try { nothing } catch (e) { continue } }",
        "while (true) { switch (1) { case 1: continue } }",
        "function f() { f(); f() } while (true) try { f() } catch (e) {}",
        "function f() { return f() } f()", "function g() { while (true) yield 1 } foreach (v in g()) {}",
        "while (true) try { throw 1 } catch (e) {}", "local a = []; while (true) { a.push(1); a.pop() }",
        "local s = \"x\"; while (true) s.toupper()",
    ])
    func endlessLoops(_ source: String) throws {
        try ends(source, .instructionLimit, instructions: 300_000)
    }

    @Test(arguments: [
        "local a = []; while (true) a.append(a.len() + \"\")", "local s = \"x\"; while (true) s += s",
        "local t = {}; local i = 0; while (true) t[i++] <- {}", "array(0x7FFFFFFF)", "blob(0x7FFFFFFF)",
        "local a = [1]; a.resize(0x10000000)", "local b = blob(); b.seek(0); while (true) b.writen(1.0, 'd')",
        "local c = null; while (true) c = { next = c }",
        "local f = @() 1; while (true) { local g = f; f = @() g() }",
        "local s = \"\"; for (local i = 0; i < 1000; i++) s += \"a,\"; while (true) s += s; split(s, \",\")",
        "local l = []; while (true) { class K { x = 1 } l.append(K()) }",
        "while (true) { try { local a = []; while (true) a.append({}) } catch (e) {} }",
    ])
    func memoryEnds(_ source: String) throws {
        try ends(source, .outOfMemory)
    }

    @Test func garbageInCirclesIsNoLeak() throws {
        let vm = SquirrelVM(limits: Self.small)
        let source = """
            for (local i = 0; i < 40000; i++) { local a = { name = "n" + i }, b = [a]; a.other <- b; a.f <- @() a }
            return "done"
            """
        #expect(try vm.run(source) == "done")
    }

    @Test(arguments: [
        "function f(n) { return 1 + f(n + 1) } f(0)",
        "local function f(g) { local x = g(g); return x } f(f)",
        "class A { constructor() { local a = A() } } A()",
    ])
    func deepRecursion(_ source: String) throws {
        let vm = SquirrelVM()
        #expect(vm.failure(of: source)?.message == "stack overflow")
    }

    @Test(arguments: [
        "class A { function _get(k) { return A()[k] } } A().x",
        "class A { function _tostring() { return \"\" + A() } } print(A())",
        "class A { function _add(o) { return A() + o } } A() + 1",
        "class A { function _cmp(o) { return A() <=> A() } } A() < A()",
        "local f; f = function(x) { return [1].map(f) }; f(1)",
        "local f; f = function(a, b) { [2, 1].sort(f); return 0 }; f(1, 2)",
        "class A { function _nexti(i) { foreach (x in A()) {} } } foreach (x in A()) {}",
    ])
    func deepReentry(_ source: String) throws {
        let vm = SquirrelVM()
        let error = try #require(vm.failure(of: source))
        #expect(error.message == "Native stack overflow" || error.message == "_nexti failed", "\(error)")
    }

    @Test func deepDataIsFreedWithoutRecursion() throws {
        let vm = SquirrelVM(limits: .init(memoryBytes: 256 << 20))
        let source = "local t = null; for (local i = 0; i < 100000; i++) t = { next = t }; t = null; return 1"
        #expect(try vm.run(source) == 1)
        #expect(vm.memoryUsed < 2 << 20)
    }

    @Test func longDelegateChainsAreRefused() throws {
        let source = """
            local t = {}
            for (local i = 0; i < 1000; i++) t = {}.setdelegate(t)
            """
        #expect(SquirrelVM().failure(of: source)?.message == "delagate cycle")
    }

    @Test func hostileExpressionsEnd() throws {
        let vm = SquirrelVM()
        vm.instructionLimit = 50_000_000
        let source = """
            local text = ""; for (local i = 0; i < 200; i++) text += "a"
            foreach (p in ["(a*)*b", "((a*)*)*b", "(a|aa)+b", "a*a*a*a*a*a*a*b", "(((((a?)?)?)?)?)*b"])
                try { regexp(p).search(text) } catch (e) { print(e) }
            return "done"
            """
        #expect(try vm.run(source) == "done")
    }

    @Test func selfReferenceIsHarmless() throws {
        let vm = SquirrelVM()
        let source = """
            local t = {}; t.t <- t; local a = [t]; a.append(a); t.a <- a
            local s = ""; foreach (k, v in t) s += typeof v; local c = clone t
            print(t + "" + a); a.sort(@(x, y) 0); return a.len() * 100 + c.len() * 10 + (a[a.find(a)] == a ? 1 : 0)
            """
        #expect(try vm.run(source) == 221)
    }

    @Test(arguments: [
        ("(", 10_000), ("[", 10_000), ("{a=", 10_000), ("!", 10_000), ("-", 10_000), ("function(){", 10_000),
        ("@(x)", 10_000), ("if(1)", 10_000), ("a=", 10_000), ("class extends ", 10_000), ("x?", 10_000),
        ("x||", 10_000), ("try{", 10_000), ("switch(1){case 1:", 10_000), ("while(1){", 10_000),
        ("typeof ", 10_000), ("delete ", 10_000), ("clone ", 10_000), ("~", 10_000),
        ("{[", 10_000), ("</ a = ", 10_000), ("f(", 10_000), ("do ", 10_000), ("for(;;)", 10_000),
    ])
    func deepNestingIsRefused(_ piece: String, _ count: Int) {
        let source = Array(String(repeating: piece, count: count).utf8)
        #expect(SquirrelVM.check(source, name: "deep") != nil)
    }

    @Test func manyLocalsAreRefused() {
        let source = (0..<300).map { "local v\($0) = \($0)\n" }.joined()
        #expect(
            SquirrelVM.check(Array(source.utf8), name: "t")?.message
                == "internal compiler error: too many locals")
    }

    @Test func longLiteralsCompile() throws {
        let vm = SquirrelVM()
        let list = (0..<20_000).map(String.init).joined(separator: ",")
        #expect(try vm.run("return [\(list)].len()") == 20_000)
        let text = String(repeating: "x", count: 1 << 20)
        #expect(try vm.run("return \"\(text)\".len()") == .integer(1 << 20))
    }
}
