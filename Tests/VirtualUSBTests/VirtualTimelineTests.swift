import Testing
import TimeAndChance

@testable import VirtualUSB

@Suite struct VirtualTimelineTests {
    @Test func timeMovesOnlyWhenEverybodyWaits() async throws {
        let order = try await VirtualTimeline.run { timeline in
            try await withThrowingTaskGroup(of: (Int, Duration).self) { group in
                for number in [3, 1, 2] {
                    group.addTask {
                        try await timeline.sleep(for: .seconds(number * 1000))
                        return (number, timeline.currentTime)
                    }
                }
                var order: [Int] = []
                for try await (number, time) in group {
                    #expect(time == .seconds(number * 1000))
                    order.append(number)
                }
                return order
            }
        }
        #expect(order == [1, 2, 3])
    }

    @Test func aCancelledSleepEndsAtOnce() async throws {
        let time = try await VirtualTimeline.run { timeline in
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        try await timeline.sleep(for: .seconds(10))
                        return false
                    } catch {
                        return error is CancellationError
                    }
                }
                try? await timeline.sleep(for: .seconds(1))
                group.cancelAll()
                for await cancelled in group { #expect(cancelled) }
            }
            return timeline.currentTime
        }
        #expect(time == .seconds(1))
    }

    @Test func unstructuredTasksStayOnTheTimeline() async throws {
        let time = try await VirtualTimeline.run { timeline in
            // Without capture the clock would jump to the later event while the task works.
            timeline.schedule(at: .seconds(1000)) {}
            for _ in 0..<50 {
                await Task { for _ in 0..<100 { await Task.yield() } }.value
            }
            return timeline.currentTime
        }
        #expect(time == .zero)
    }
}
