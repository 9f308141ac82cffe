import Testing

@testable import Squirrel

/// Objects go when nobody holds them.
@Suite struct MemoryTests {
    /// Memory after running a source twice more is what it was after the first time.
    private func leaks(_ source: String) throws -> Int {
        let vm = SquirrelVM()
        let main = try vm.compile(source, name: "t")
        for _ in 0..<3 { _ = try vm.call(.object(main)) }
        vm.collectGarbage()
        let before = vm.memoryUsed
        for _ in 0..<20 { _ = try vm.call(.object(main)) }
        vm.collectGarbage()
        return vm.memoryUsed - before
    }

    @Test(arguments: [
        "local t = { a = 1, b = [1, 2, \"s\" + 3] }; delete t.a; t.c <- {}; t.clear()",
        "function f(a, b = [1]) { return b } function v(a, ...) { return vargv } f(1); f(1, 2); v(1, {}, 3); try { f() } catch (e) {}",
        "class A { x = []; constructor(y) { x = y } function g() { return x } } local a = A({}); local b = clone a; b.g()",
        "local x = 1; local fs = []; for (local i = 0; i < 5; i++) { local j = {}; fs.append(@() j) } x = fs[0]()",
        "function g(n) { local big = {}; for (local i = 0; i < n; i++) { try { yield big } catch (e) {} } } foreach (v in g(3)) {} local h = g(5); resume h; resume h",
        "try { throw {} } catch (e) { try { throw e } catch (f) {} }",
        "local a = [3, 1, 2]; a.sort(@(x, y) x <=> y); a.map(@(v) { v = v }); a.filter(@(i, v) v); a.reduce(@(x, y) x + y)",
        "local b = blob(100); b.writeblob(blob(50)); b.seek(0); b.readblob(10); local c = clone b; c.resize(5)",
        "local r = regexp(\"(a+)(b)\"); r.capture(\"xaab\"); r.search(\"q\")",
        "local o = {}; local w = o.weakref(); local f = (@() 1).bindenv(o); f(); o = null; w.ref()",
        "local a = {}, b = {}; a.b <- b; b.a <- a; local f = null; f = @() f; class C { self = null } local c = C(); c.self = c",
        "local t = {}.setdelegate({ _get = function(k) { throw null } }); try { t.x } catch (e) {} try { t.y() } catch (e) {}",
        "format(\"%s %d\", \"abc\" + 1, 5); split(\"a,b,c\", \",\"); strip(\"  x \"); \"abc\".toupper().slice(1)",
        "[1, 2].map(function(x) { if (x == 2) return x; return { v = x } })",
        "try { [1, 2].sort(function(a, b) { throw {} }) } catch (e) {}",
        "local s = \"k\"; switch (s) { case \"a\": break; case \"k\": s = {}; break } foreach (k, v in { x = {} }) { local q = v }",
        "class B </ note = {} /> { </ n = [] /> m = 1; static s = {} } class D extends B { constructor() { } } D(); B.setattributes(\"m\", {})",
        "local t = { n = 1, s = \"a\" }; t.n += 5; t.s += \"b\"; t.n++; ++t.n; local g = t.n--; t.s = t.s + 1",
    ])
    func nothingStays(_ source: String) throws {
        #expect(try leaks(source) == 0)
    }

    @Test func countingFreesAtOnce() throws {
        let vm = SquirrelVM()
        let source =
            "local o = {}; local w = o.weakref(); local alive = w.ref() != null; o = null; return alive && w.ref() == null"
        #expect(try vm.run(source) == true)
    }

    @Test func theCollectorSparesWhatIsHeld() throws {
        let vm = SquirrelVM()
        let held = try vm.run(
            "local a = {}, b = [a]; a.b <- b; a.name <- \"held\"; kept <- { list = [b] }; return a")
        vm.collectGarbage()
        #expect(held.objectValue?["name"] == "held")
        #expect(try vm.run("return kept.list[0][0].name") == "held")
        #expect(vm.collectGarbage() == 0)
    }

    @Test func theCollectorFreesCircles() throws {
        let vm = SquirrelVM()
        _ = try vm.run("for (local i = 0; i < 10; i++) { local a = {}; a.a <- a }")
        #expect(vm.collectGarbage() >= 10)
    }

    @Test func boundObjectsAreKeptWhereTheHostAsksForIt() throws {
        let source = """
            made <- function() { return (function() { return this == null ? "gone" : this.x; }).bindenv({ x = 5 }); }();
            copied <- made.bindenv({ x = 6 });
            native <- "a".len.bindenv({ x = 7 });
            function unbound() { return made(); }
            """
        let vm = SquirrelVM()
        vm.bindsStrongly = true
        _ = try vm.run(source)
        #expect(try vm.run("return unbound() + \" \" + copied()").stringValue == "5 6")
        vm.root["made"] = nil
        vm.root["copied"] = nil
        vm.root["native"] = nil
        let before = vm.memoryUsed
        _ = try vm.run("for (local i = 0; i < 100; i++) (@() x).bindenv({ x = i }).bindenv({ y = i });")
        #expect(vm.memoryUsed < before + 2_000, "what is bound goes with its function")
        _ = try vm.run("for (local i = 0; i < 10; i++) { local t = {}; t.f <- (@() 1).bindenv(t); }")
        #expect(vm.collectGarbage() >= 20)
        #expect(vm.memoryUsed < before + 2_000)
    }

    @Test func teardownReleasesHostObjects() throws {
        final class Witness {}
        weak var witness: Witness?
        do {
            let vm = SquirrelVM()
            let type = vm.makeClass("W", methods: [])
            let object = Witness()
            witness = object
            let instance = try vm.makeInstance(of: type, payload: object)
            vm.root["w"] = .object(instance)
            _ = try vm.run("circle <- { w = w }; circle.circle <- circle; keep <- @() circle")
        }
        #expect(witness == nil)
    }

    @Test func memoryIsCounted() throws {
        let vm = SquirrelVM()
        let before = vm.memoryUsed
        _ = try vm.run("big <- array(10000, 0)")
        #expect(vm.memoryUsed - before >= 80_000)
        vm.root["big"] = nil
        #expect(vm.memoryUsed < before + 1_000)
        #expect(vm.memoryPeak >= vm.memoryUsed)
    }
}
