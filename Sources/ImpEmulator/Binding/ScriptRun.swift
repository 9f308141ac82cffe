import Squirrel

/// What a native does that keeps the program waiting: begins something and says where to go on.
struct BlockingRequest {
    /// Runs outside of the machine, after the time that the program has used so far.
    var begin: (@escaping Resume<SquirrelValue>) throws -> Void
}

/// An error that left a Squirrel program.
struct ProgramFailure: Error, CustomStringConvertible {
    var error: SquirrelError

    var isOutOfMemory: Bool { error.cause == .outOfMemory }
    /// As impOS logs it: `ERROR: <message>`, then a line for each active function.
    var description: String { error.description }
}

/// A Squirrel machine whose functions run as turns of an event loop, in virtual time.
///
/// A turn is one callback. While it runs, instructions cost time (`Release30.SquirrelFigures`): the run is paused
/// every few instructions until the clock has caught up, so a busy loop lasts as long as it would on a module, lets
/// the world go on around it, and never hangs the emulator. Natives that wait suspend the run; it goes on where the
/// API's `Resume` is called.
final class ScriptRun {
    let vm: SquirrelVM
    let processor: Processor
    let simulation: Simulation
    let program: DeviceProgram
    /// Whether the log names the place of a caught exception (R13).
    var logsOrigins = true
    /// Called whenever the program is about to go on.
    var beforeStep: () -> Void = {}

    private let figures: Release30.SquirrelFigures
    private var paid: UInt64 = 0
    private var isExecuting = false

    init(
        _ program: DeviceProgram, processor: Processor, simulation: Simulation,
        figures: Release30.SquirrelFigures
    ) {
        self.program = program
        self.processor = processor
        self.simulation = simulation
        self.figures = figures
        vm = SquirrelVM(
            limits: .init(
                memoryBytes: .max, stackSlots: 16 * figures.callDepth, callDepth: figures.callDepth,
                nativeDepth: 40))
        vm.bindsStrongly = true
        vm.setHook(every: figures.instructionsPerSlice) { [unowned self] vm in
            if processor.isStopped { return .stop("the program has ended") }
            if vm.canPause { return .pause }
            return unpaid < Self.longestNestedTime ? .proceed : .stop("no end below a native call")
        }
    }

    /// Runs the program's text.
    func startProgram() throws {
        try turn(.object(try program.loaded(into: vm)))
    }

    /// Nothing runs any more.
    func stop() {
        // From inside of a native the run is dropped as soon as the machine is left.
        if !isExecuting { vm.abandonRun() }
    }

    // MARK: Turns

    /// Calls a function of the program; to be called as a callback of the processor.
    func turn(_ function: SquirrelValue, this: SquirrelValue? = nil, _ arguments: [SquirrelValue] = []) throws
    {
        vm.forgetExceptionOrigin()
        try step { () throws(SquirrelError) in try vm.start(function, this: this, arguments) }
    }

    /// A function of the program as the API wants its callbacks: the closure may be called at any time and begins a
    /// turn; the API posts it through the processor.
    func callback(_ function: SquirrelObject) -> ([SquirrelValue]) throws -> Void {
        { [weak self] arguments in try self?.turn(.object(function), arguments) }
    }

    private func step(
        _ body: () throws(SquirrelError) -> SquirrelVM.RunState
    ) throws {
        beforeStep()
        isExecuting = true
        let state: SquirrelVM.RunState
        do throws(SquirrelError) {
            state = try body()
        } catch {
            state = .failed(error)
        }
        isExecuting = false
        guard !processor.isStopped else { return vm.abandonRun() }
        switch state {
        case .finished: try pay {}
        case .failed(let error): throw ProgramFailure(error: program.mapped(error))
        case .paused: try pay { [unowned self] in try step { vm.resume() } }
        case .suspended(let request):
            guard let request = request as? BlockingRequest else {
                return try step { vm.resume() }
            }
            try carryOut(request)
        }
    }

    private func carryOut(_ request: BlockingRequest) throws {
        try pay { [unowned self] in
            do {
                try request.begin { [weak self] result in
                    try self?.goOn(result)
                }
            } catch let error as ImpAPIError {
                try goOn(.failure(error))
            }
        }
    }

    private func goOn(_ result: Result<SquirrelValue, ImpAPIError>) throws {
        try step { vm.resume(with: result.mapError { .thrown($0.message) }) }
    }

    // MARK: Time

    /// Time that the instructions so far take and that has not passed yet.
    var unpaid: Duration { cost(vm.instructionsUsed &- paid) }

    private func cost(_ instructions: UInt64) -> Duration {
        .nanoseconds(Int64(clamping: instructions) &* Int64(max(figures.nanosecondsPerInstruction, 1)))
    }

    /// Lets the time pass that the program has used, then continues; nothing else of this program runs meanwhile.
    private func pay(_ next: @escaping Callback) throws {
        let owed = unpaid
        paid = vm.instructionsUsed
        guard owed > .zero else { return try next() }
        processor.wait(for: owed, then: next)
    }

    // MARK: For natives

    /// A native that waits: `return try run.block(call) { resume in try api.sleep(1, then: resume) }`.
    ///
    /// `begin` runs outside of the machine, after the time that the program has used so far; an
    /// `ImpAPIError` that it throws, or ends with, is raised at the call in the program. Also the way for calls
    /// that may end the program (sleep, restart). Take the arguments out of `call` before.
    func block<Value>(
        _ call: borrowing NativeCall, _ begin: @escaping (@escaping Resume<Value>) throws -> Void,
        giving convert: @escaping (Value) -> SquirrelValue
    ) throws -> SquirrelValue {
        let request = BlockingRequest { resume in
            try begin { result in try resume(result.map(convert)) }
        }
        return call.canSuspend ? try call.suspend(request) : try waitInside(request)
    }

    /// The same for calls that give nothing.
    func block(
        _ call: borrowing NativeCall, _ begin: @escaping (@escaping Resume<Void>) throws -> Void
    ) throws -> SquirrelValue {
        try block(call, begin, giving: { .null })
    }

    /// A native that does something to the outside world, or looks at it, without waiting: the time that the program
    /// has used so far passes first, so that what happens on a wire has its true distance from what happened before.
    func settle(
        _ call: borrowing NativeCall, _ body: @escaping () throws -> SquirrelValue
    ) throws -> SquirrelValue {
        guard unpaid > .zero, call.canSuspend else { return try body() }
        return try call.suspend(
            BlockingRequest { resume in
                let result: Result<SquirrelValue, ImpAPIError>
                do {
                    result = .success(try body())
                } catch let error as ImpAPIError {
                    result = .failure(error)
                }
                try resume(result)
            })
    }

    /// How long a call may wait, or a program work, where the run can be neither suspended nor paused: below a
    /// native such as `array.map`, where the caller of the simulation cannot get control back.
    private static let longestNestedTime = Duration.seconds(120)

    /// Waits where the run cannot be suspended: the world goes on from here, without any callback of this program.
    private func waitInside(_ request: BlockingRequest) throws -> SquirrelValue {
        var outcome: Result<SquirrelValue, ImpAPIError>?
        let end = simulation.now + Self.longestNestedTime
        processor.closeQueue()
        defer { processor.openQueue() }
        try request.begin { outcome = $0 }
        simulation.run(until: end) { outcome != nil || processor.isStopped }
        guard let outcome else {
            throw ImpAPIError(processor.isStopped ? "the program has ended" : "this call cannot wait here")
        }
        return try outcome.get()
    }
}
