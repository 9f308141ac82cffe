import Blessing
import StationConfig
import StationStore
import Synchronization

/// Progress for a person. On a terminal: finished units scroll by, below them one live line a slot. Elsewhere: a
/// line for each finished unit, so that a log stays readable.
final class TextBoard: LineDisplay {
    private struct Slot {
        var name: String
        var device = ""
        var serial = ""
        var stage: ProcedureStage?
        var fraction: Double?
        var step = ""
        var ended = false
    }

    private struct State {
        var slots: [Slot]
        var paintedLines = 0
        var passed = 0
        var failed = 0
        var lastPaint = ContinuousClock.now - .seconds(1)
    }

    private let state: Mutex<State>
    private let interactive: Bool

    init(slots: [String], interactive: Bool) {
        state = Mutex(State(slots: slots.map { Slot(name: $0) }))
        self.interactive = interactive
    }

    func show(_ event: LineEvent) {
        state.withLock { state in
            var news: [String] = []
            switch event.kind {
            case .finished(let report):
                if report.outcome == .passed { state.passed += 1 } else { state.failed += 1 }
                news = Self.lines(for: report)
            case .recovered(let run):
                let entry = run.code.entry
                news = [
                    Ink.doubtful("closed run \(run.run.rawValue)")
                        + "  \(run.device ?? "unit unknown")  \(entry.outcome.rawValue): \(run.finding)"
                ]
            case .remark(let text) where !text.hasPrefix("unit: "):
                news = [Ink.quiet("\(event.slot ?? "line")  \(text)")]
            default: break
            }
            if let index = state.slots.firstIndex(where: { $0.name == event.slot }) {
                Self.apply(event.kind, to: &state.slots[index])
            }
            if !news.isEmpty { paint(&state, news) } else if interactive { paintIfDue(&state) }
        }
    }

    private static func apply(_ kind: LineEvent.Kind, to slot: inout Slot) {
        switch kind {
        case .waiting: slot = Slot(name: slot.name)
        case .arrived(let ordinal, let code): slot.device = code ?? "unit \(ordinal)"
        case .identified(let device, let serial):
            slot.device = device
            slot.serial = serial ?? ""
        case .stage(let stage):
            slot.stage = stage
            slot.fraction = nil
            slot.step = ""
        case .progress(_, let fraction): slot.fraction = fraction
        case .step(let name, _, _, _): slot.step = name
        case .slotEnded:
            slot = Slot(name: slot.name)
            slot.ended = true
        default: break
        }
    }

    /// One line for a pass; for anything else what happened and what to do.
    static func lines(for report: UnitResult) -> [String] {
        let device = (report.device ?? "unit \(report.ordinal)").padded(to: 16)
        let serial = (report.serial ?? "–").padded(to: 10)
        let head = "\(report.slot)  \(device)  \(serial)  "
        let time = "\(report.duration.seconds) s"
        guard let reason = report.reason else {
            return [
                head + Ink.good("PASS") + "  \(time)"
                    + (report.attempt > 1 ? "  attempt \(report.attempt)" : "")
            ]
        }
        let entry = reason.code.entry
        let word =
            entry.outcome == .failed ? Ink.bad("FAIL") : Ink.doubtful(entry.outcome.rawValue.uppercased())
        let text = "\(reason.code.identifier) \(entry.operatorText): \(reason.detail)"
        let width = Terminal.isInteractive ? max(40, Terminal.width - 4) : 0
        return [head + word + "  \(time)  at \(report.stage.rawValue)"]
            + (width > 0 ? text.wrapped(to: width) : [text]).map { "   " + $0 } + [
                "   " + Ink.strong(entry.action)
            ]
    }

    private func paintIfDue(_ state: inout State) {
        let now = ContinuousClock.now
        guard state.lastPaint.duration(to: now) > .milliseconds(80) else { return }
        paint(&state, [])
    }

    private func paint(_ state: inout State, _ news: [String]) {
        var text = ""
        if interactive, state.paintedLines > 0 { text += "\u{1B}[\(state.paintedLines)A\u{1B}[J" }
        text += news.map { $0 + "\n" }.joined()
        if interactive {
            let lines = liveLines(state)
            text += lines.map { $0 + "\n" }.joined()
            state.paintedLines = lines.count
            state.lastPaint = ContinuousClock.now
        }
        Terminal.write(text)
    }

    private func liveLines(_ state: State) -> [String] {
        let width = Terminal.width
        let stages = ProcedureStage.allCases
        let count = " passed \(state.passed) · not passed \(state.failed)"
        // A live line that wrapped would take two rows, and the next painting would miss one.
        let rule = String(repeating: "─", count: max(0, min(width, 100) - 1 - count.columns))
        var lines = [Ink.quiet(rule + count)]
        for slot in state.slots {
            guard let stage = slot.stage, !slot.ended else {
                lines.append(Ink.quiet("\(slot.name)  \(slot.ended ? "done" : "waiting for a unit")"))
                continue
            }
            let index = stages.firstIndex(of: stage) ?? 0
            let done = (Double(index) + (slot.fraction ?? 0)) / Double(stages.count)
            let bar = Self.bar(done, width: width >= 110 ? 36 : 12)
            var line =
                "\(slot.name)  \(slot.device.padded(to: 16))  \(slot.serial.padded(to: 10))  \(bar) \(stage.rawValue)"
            if width >= 100, !slot.step.isEmpty { line += Ink.quiet("  \(slot.step)") }
            if let fraction = slot.fraction { line += " \(Int(fraction * 100)) %" }
            lines.append(line)
        }
        return lines
    }

    private static func bar(_ fraction: Double, width: Int) -> String {
        let filled = min(width, max(0, Int((fraction * Double(width)).rounded())))
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }

    func end(_ report: LineReport, _ status: OrderStatus?, _ paths: StationPaths) {
        state.withLock { state in
            if interactive, state.paintedLines > 0 { Terminal.write("\u{1B}[\(state.paintedLines)A\u{1B}[J") }
            state.paintedLines = 0
        }
        Terminal.line()
        var line = "\(report.order): "
        if let status { line += "\(status.blessed) of \(status.quantity) blessed. " }
        let parts = RunOutcome.allCases.compactMap { outcome -> String? in
            let count = report.count(outcome)
            return count == 0 ? nil : "\(count) \(outcome.rawValue)"
        }
        line += "This session: \(parts.isEmpty ? "no units" : parts.joined(separator: ", "))."
        Terminal.line(Ink.strong(line))
        Terminal.line()
        Terminal.line(
            "The record is in \(paths.database). Ask it, with --database as here or from the station folder:")
        let passed = report.units.last { $0.outcome == .passed }?.serial
        let failed = report.units.first { $0.outcome != .passed }?.device
        for unit in [passed, failed].compactMap({ $0 }) { Terminal.line("  station unit show \(unit)") }
        Terminal.line("  station audit verify")
        if let passed {
            Terminal.line(
                "  station audit prove \(passed) > proof.json && python3 docs/verify-proof.py proof.json")
        }
    }
}

extension Duration {
    /// Seconds with one decimal.
    var seconds: String {
        let tenths = (wholeMilliseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }
}
