import Logging
import ServiceLifecycle
import TimeAndChance

/// Takes the line's news into the outbox, and sends what is due.
struct WebhookSender: Service {
    let outbox: WebhookOutbox
    let news: AsyncStream<LineNews>
    /// No more news will come.
    let endNews: @Sendable () -> Void
    let bell: Bell
    let metrics: ServiceMetrics
    let time: any TimeSource
    let logger: Logger
    /// Posts; returns the status.
    let post:
        @Sendable (_ url: String, _ headers: [(name: String, value: String)], _ body: [UInt8]) async throws ->
            Int
    /// A delivery was given up.
    let onDead: @Sendable (String) -> Void

    func run() async throws {
        // Not a child: what happened before the end is kept even when everything else is cancelled.
        let keeping = Task {
            for await item in news {
                do {
                    if try await outbox.add(item) > 0 { bell.ring() }
                } catch {
                    logger.error("webhook not kept", metadata: ["error": "\(error)"])
                }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await send() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
        endNews()
        await keeping.value
    }

    private func send() async {
        var dice = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            do {
                for due in try await outbox.due() { try await deliver(due, &dice) }
                await rest(try await outbox.nextDue())
            } catch is CancellationError {
                return
            } catch {
                logger.error("webhooks", metadata: ["error": "\(error)"])
                await rest(5000)
            }
        }
    }

    func deliver(_ due: WebhookOutbox.Due, _ dice: inout some RandomNumberGenerator) async throws {
        let seconds = outbox.clock.utcMilliseconds() / 1000
        let headers: [(name: String, value: String)] = [
            ("Content-Type", "application/json"), ("User-Agent", "blessing-station"),
            ("X-Station-Event", due.event), ("X-Station-Delivery", String(due.id)),
            ("X-Station-Signature", WebhookSignature.header(due.body, secret: due.secret, at: seconds)),
        ]
        var reason: String
        do {
            let status = try await post(due.url, headers, due.body)
            if (200..<300).contains(status) {
                metrics.hook(due.event, "delivered")
                return try await outbox.delivered(due.id)
            }
            reason = "the receiver answered \(status)"
        } catch {
            reason = "\(error)"
        }
        metrics.hook(due.event, "failed")
        let chance = Double.random(in: 0...1, using: &dice)
        if try await outbox.failed(due, reason, chance: chance) {
            metrics.hook(due.event, "dead")
            onDead(
                "Webhook \(due.id) (\(due.event)) was given up after \(WebhookOutbox.mostAttempts) attempts: \(reason)."
            )
        }
    }

    /// Until something is due, or something new has come.
    private func rest(_ milliseconds: Int64?) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await bell.wait() }
            if let milliseconds {
                group.addTask { try? await time.sleep(for: .milliseconds(max(milliseconds, 50))) }
            }
            await group.next()
            group.cancelAll()
        }
    }
}
