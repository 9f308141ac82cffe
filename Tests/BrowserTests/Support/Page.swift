import Foundation

/// One tab.
struct Page: Sendable {
    let browser: Chromium
    let session: String

    /// - Parameter language: what the tab wants to read.
    init(
        _ browser: Chromium, width: Int = 1280, height: Int = 800, phone: Bool = false,
        language: String = "en"
    ) async throws {
        let context =
            try await browser.send("Target.createBrowserContext")["browserContextId"] as? String ?? ""
        let target =
            try await browser.send(
                "Target.createTarget", ["url": "about:blank", "browserContextId": context])["targetId"]
            as? String ?? ""
        let attached = try await browser.send("Target.attachToTarget", ["targetId": target, "flatten": true])
        self.browser = browser
        session = attached["sessionId"] as? String ?? ""
        for domain in ["Page", "Runtime", "Log", "Network"] { try await send("\(domain).enable") }
        try await send(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone])
        try await send("Emulation.setFocusEmulationEnabled", ["enabled": true])
        try await send("Network.setExtraHTTPHeaders", ["headers": ["Accept-Language": language]])
    }

    @discardableResult
    func send(_ method: String, _ parameters: [String: Any] = [:]) async throws -> [String: Any] {
        try await browser.send(method, parameters, session: session)
    }

    func open(_ address: String) async throws {
        try await send("Page.navigate", ["url": address])
        try await wait("document.readyState === 'complete' && location.href !== 'about:blank'")
    }

    /// The value of an expression, which may be a promise.
    func value(_ expression: String) async throws -> Any? {
        let answer = try await send(
            "Runtime.evaluate", ["expression": expression, "awaitPromise": true, "returnByValue": true])
        if let problem = answer["exceptionDetails"] as? [String: Any] {
            throw Chromium.Fault(description: "\(expression.prefix(200)): \(problem["exception"] ?? problem)")
        }
        return (answer["result"] as? [String: Any])?["value"]
    }

    func text(_ expression: String) async throws -> String { try await value(expression) as? String ?? "" }
    func number(_ expression: String) async throws -> Double {
        (try await value(expression) as? NSNumber)?.doubleValue ?? .nan
    }

    /// Waits inside the page until a condition holds.
    /// - Throws: ``Chromium/Fault`` with what the page shows, when it does not within the patience.
    func wait(_ condition: String, patience: Int = 30) async throws {
        for attempt in 0... {
            do {
                let holds = try await value(
                    """
                    new Promise(done => { const end = performance.now() + \(patience * 1000); const look = () => {
                      let holds = false; try { holds = !!(\(condition)); } catch {}
                      if (holds || performance.now() > end) done(holds); else setTimeout(look, 30); }; look(); })
                    """)
                if holds as? Bool == true { return }
                let shown = try await text("document.body?.innerText ?? ''")
                throw Chromium.Fault(
                    description: "never: \(condition)\nThe page shows:\n\(shown.prefix(1500))")
            } catch let fault as Chromium.Fault
                where attempt < 5 && fault.description.contains("context was destroyed")
                || fault.description.contains("navigated") && attempt < 5
            {
                // The page went elsewhere while it was asked: ask the new one.
                continue
            }
        }
    }

    /// Keys as a scanner sends them, Enter at the end. Each says when it was pressed, five milliseconds after the one
    /// before, so that a busy machine makes no slow scanner of it.
    func scan(_ code: String, gap: Double = 0.005) async throws {
        var at = Date().timeIntervalSince1970
        for character in code {
            try await key(String(character), at: at)
            at += gap
        }
        try await key("Enter", at: at)
    }

    /// - Parameter at: seconds since 1970; nil means now.
    func key(_ name: String, at: Double? = nil) async throws {
        let text = name.count == 1 ? name : name == "Enter" ? "\r" : nil
        let codes = ["Enter": 13, "Tab": 9, "Escape": 27, "F9": 120, " ": 32]
        var down: [String: Any] = [
            "type": text == nil ? "rawKeyDown" : "keyDown", "key": name,
            "windowsVirtualKeyCode": codes[name] ?? 0,
            "timestamp": at ?? Date().timeIntervalSince1970,
        ]
        if let text { down["text"] = text }
        try await send("Input.dispatchKeyEvent", down)
        try await send(
            "Input.dispatchKeyEvent",
            [
                "type": "keyUp", "key": name, "windowsVirtualKeyCode": codes[name] ?? 0,
                "timestamp": at ?? Date().timeIntervalSince1970,
            ])
    }

    func click(_ selector: String) async throws {
        _ = try await value("document.querySelector(\(quoted(selector))).click()")
    }

    func quoted(_ text: String) -> String {
        String(
            decoding: (try? JSONSerialization.data(withJSONObject: text, options: .fragmentsAllowed))
                ?? Data(), as: UTF8.self)
    }

    /// PNG of what is seen.
    func picture() async throws -> Data {
        // Fonts and animations settle first.
        _ = try await value(
            "document.fonts.ready.then(() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))))"
        )
        let answer = try await send("Page.captureScreenshot", ["format": "png", "optimizeForSpeed": false])
        return Data(base64Encoded: answer["data"] as? String ?? "") ?? Data()
    }

    func setOffline(_ offline: Bool) async throws {
        try await send(
            "Network.emulateNetworkConditions",
            ["offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1])
    }

    var complaints: [String] { browser.complaints(session) }
}
