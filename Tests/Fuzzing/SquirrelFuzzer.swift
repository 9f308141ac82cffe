/// libFuzzer's way into the language, built by `make fuzz` together with the sources of `Sources/Squirrel` as one module:
/// lexer, compiler and machine see whatever bytes the fuzzer finds interesting, under small limits.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let source = Array(UnsafeBufferPointer(start: start, count: count))
    let vm = SquirrelVM(
        limits: .init(memoryBytes: 2 << 20, stackSlots: 1 << 13, callDepth: 200, nativeDepth: 20))
    vm.instructionLimit = 20_000
    guard let main = try? vm.compile(source, name: "fuzz") else { return 0 }
    // Every third input is paused again and again: the machine must be able to stand still anywhere.
    if count % 3 == 0 { vm.setHook(every: 40) { _ in .pause } }
    if var state = try? vm.start(.object(main)) {
        var pauses = 0
        while case .paused = state, pauses < 100 {
            pauses += 1
            if pauses % 25 == 0 { vm.collectGarbage() }
            state = vm.resume()
        }
        vm.abandonRun()
    }
    return 0
}
