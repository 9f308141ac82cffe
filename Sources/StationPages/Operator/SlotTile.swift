/// A slot's tile as the template shows it. The script keeps the same elements up to date afterwards.
struct SlotTile {
    let state: SlotState
    let words: Words

    var view: [String: Any] {
        let advice = state.advice ?? .none
        return [
            "slot": "\(state.slot)", "name": state.name, "phase": state.phase.rawValue,
            "word": words.say("phase_\(state.phase.rawValue)"), "serial": state.serial ?? "",
            "device": state.deviceID ?? "", "step": stepText, "progress": "\(progress)",
            "time": Self.clock(state.elapsedSeconds),
            "takt": state.taktSeconds == nil ? "" : " / " + Self.clock(state.taktSeconds),
            "isLate": isLate, "reason": reasonText, "code": state.reasonCode ?? "",
            "advice": advice.rawValue,
            "adviceText": advice == .none ? "" : adviceText(advice),
        ]
    }

    /// In the operator's language when the code is known there, else as the station said it.
    private var reasonText: String {
        guard let code = state.reasonCode else { return state.reason ?? "" }
        return words.has("reason_\(code)") ? words.say("reason_\(code)") : state.reason ?? ""
    }

    /// What this very reason asks for, or else what its kind does.
    private func adviceText(_ advice: SlotAdvice) -> String {
        if let code = state.reasonCode, words.has("action_\(code)") { return words.say("action_\(code)") }
        return words.say("advice_\(advice.rawValue)")
    }

    private var stepText: String {
        guard let step = state.step, !step.isEmpty else { return "" }
        return words.stepName(step)
    }

    /// Percent of the steps done.
    private var progress: Int {
        guard let index = state.stepIndex, let count = state.stepCount, count > 0 else {
            return state.phase == .passed ? 100 : 0
        }
        return min(100, max(0, index * 100 / count))
    }

    private var isLate: Bool {
        guard let elapsed = state.elapsedSeconds, let takt = state.taktSeconds else { return false }
        return elapsed > takt
    }

    /// 95 s as `1:35`; empty for nothing.
    static func clock(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite, seconds >= 0, seconds < 1e7 else { return "" }
        let whole = Int(seconds.rounded())
        let rest = whole % 60
        return "\(whole / 60):\(rest < 10 ? "0" : "")\(rest)"
    }
}

extension Words {
    /// A step as people call it: stages of the procedure by their names, steps of a plan as its author wrote them.
    func stepName(_ step: String) -> String {
        let bare = step.hasPrefix("stage.") ? String(step.dropFirst(6)) : step
        return has("stage_\(bare)") ? say("stage_\(bare)") : bare
    }
}
