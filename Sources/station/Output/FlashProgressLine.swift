import SerialNOR

/// One line that moves while flash is written; nothing where nobody looks.
struct FlashProgressLine: Sendable {
    func show(_ event: FlashEvent) {
        guard Terminal.isInteractive else { return }
        switch event {
        case .surveyed(let bytes, let total): Terminal.write("\rreading \(percent(bytes, total)) \u{1B}[K")
        case .progress(let progress): Terminal.write("\rwriting \(Int(progress.fraction * 100)) % \u{1B}[K")
        default: break
        }
    }

    func clear() {
        if Terminal.isInteractive { Terminal.write("\r\u{1B}[K") }
    }

    private func percent(_ part: Int, _ whole: Int) -> String {
        whole == 0 ? "" : "\(part * 100 / whole) %"
    }
}
