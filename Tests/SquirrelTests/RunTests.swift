import Testing

@testable import Squirrel

/// Runs in pieces: paused by the hook, suspended by natives, abandoned.
@Suite struct RunTests {
    private func finished(_ state: SquirrelVM.RunState) -> SquirrelValue? {
        if case .finished(let value) = state { return value }
        return nil
    }

    @Test func aPausedRunGoesOn() throws {
        let vm = SquirrelVM()
        vm.setHook(every: 500) { _ in .pause }
        let main = try vm.compile(
            """
            function work(n) { local s = 0; for (local i = 0; i < n; i++) { try { s += i } catch (e) {} } return s }
            return work(2000) + work(10)
            """, name: "t")
        var state = try vm.start(.object(main))
        var pauses = 0
        while case .paused = state {
            pauses += 1
            #expect(vm.hasPendingRun)
            state = vm.resume()
        }
        #expect(finished(state) == 1_999_045)
        #expect(pauses > 10)
        #expect(!vm.hasPendingRun)
    }

    @Test func pausingChangesNothing() throws {
        let source = try Corpus.bytes("generator-nested.nut") + Corpus.bytes("closure-loop.nut")
        let straight = transcript(of: source)
        for step in [1, 2, 3, 7, 50] {
            let vm = SquirrelVM()
            var bytes: [UInt8] = []
            vm.onPrint = { bytes += $0 }
            vm.setHook(every: step) { _ in .pause }
            var state = try vm.start(.object(try vm.compile(source, name: "test.nut")))
            while case .paused = state { state = vm.resume() }
            #expect(bytes == straight.output, "paused every \(step)")
        }
    }

    @Test func aNativeSuspendsTheRun() throws {
        struct Sleep { var seconds: Float }
        let vm = SquirrelVM()
        vm.root["sleep"] = .object(
            vm.makeFunction("sleep", parameters: .exactly(1)) { call in
                try call.suspend(Sleep(seconds: try call.float(0)))
            })
        let main = try vm.compile(
            "local a = sleep(1.5) + 0\nfunction inner() { return sleep(2) + 1 }\nreturn a + inner()",
            name: "t")
        var state = try vm.start(.object(main))
        guard case .suspended(let first as Sleep) = state else {
            Issue.record("not suspended: \(state)")
            return
        }
        #expect(first.seconds == 1.5)
        #expect(vm.callStack().first?.line == 1)
        #expect(try vm.run("return 5") == 5)
        state = vm.resume(with: .success(10))
        guard case .suspended(let second as Sleep) = state else {
            Issue.record("not suspended: \(state)")
            return
        }
        #expect(second.seconds == 2)
        #expect(finished(vm.resume(with: .success(20))) == 31)
    }

    @Test func resumingCanThrow() throws {
        let vm = SquirrelVM()
        vm.root["wait"] = .object(vm.makeFunction("wait") { call in try call.suspend("w") })
        let caught = try vm.compile("try { wait() } catch (e) { return \"caught \" + e }", name: "t")
        guard case .suspended = try vm.start(.object(caught)) else {
            Issue.record("not suspended")
            return
        }
        #expect(finished(vm.resume(with: .failure(.thrown("late")))) == "caught late")
        guard case .suspended = try vm.start(.object(try vm.compile("\n\nwait()", name: "t"))) else {
            Issue.record("not suspended")
            return
        }
        guard case .failed(let error) = vm.resume(with: .failure(.thrown("late"))) else {
            Issue.record("not failed")
            return
        }
        #expect(error.description == "ERROR: late\nERROR:   in main t:3")
    }

    @Test func suspendingThroughNativesIsRefused() throws {
        let vm = SquirrelVM()
        vm.root["wait"] = .object(vm.makeFunction("wait") { call in try call.suspend("w") })
        let expected = SquirrelValue.text("cannot suspend through native calls/metamethods")
        let inSort = "try { [2, 1].sort(@(a, b) wait()) } catch (e) { return e }"
        guard case .finished(let value) = try vm.start(.object(try vm.compile(inSort, name: "t"))) else {
            Issue.record("not finished")
            return
        }
        #expect(value == expected)
        #expect(try vm.run("try { wait() } catch (e) { return e }") == expected)
    }

    @Test func anAbandonedRunLeavesNothing() throws {
        let vm = SquirrelVM()
        vm.setHook(every: 1_000) { _ in .pause }
        let before = vm.memoryUsed
        do {
            let main = try vm.compile(
                """
                function gen() { local big = array(1000, "x"); while (true) { try { yield big } catch (e) {} } }
                local list = []
                foreach (v in gen()) { try { list.append(v) } catch (e) {} }
                """, name: "t")
            guard case .paused = try vm.start(.object(main)) else {
                Issue.record("not paused")
                return
            }
            #expect(throws: SquirrelError.self) { try vm.start(.object(main)) }
            vm.abandonRun()
        }
        #expect(!vm.hasPendingRun)
        vm.root["gen"] = nil
        vm.collectGarbage()
        #expect(vm.memoryUsed < before + 2_000)
        vm.setHook(every: 1, nil)
        #expect(try vm.run("return 1 + 1") == 2)
    }

    @Test func theHookStops() throws {
        let vm = SquirrelVM()
        vm.setHook(every: 10_000) { $0.instructionsUsed > 50_000 ? .stop("enough") : .proceed }
        let error = try #require(vm.failure(of: "while (true) { try { while (true) {} } catch (e) {} }"))
        #expect(error.cause == .stopped("enough"))
        #expect(error.description.hasPrefix("ERROR: enough\nERROR:   in main test:1"))
        #expect(vm.instructionsUsed < 80_000)
    }
}
