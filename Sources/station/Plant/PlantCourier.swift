import Plant
import StationStore
import Synchronization

/// Sends the record to the plant for as long as a service stands, and says what changed, not what stayed.
struct PlantCourier: Sendable {
    private let pusher: PlantPusher
    private let place: String

    /// - Returns: nil where no plant was named, neither on the command line nor by the environment.
    /// - Throws: ``PlantError`` for an address that is none.
    init?(_ options: PlantOptions, reader: StationReader) throws {
        guard options.isGiven else { return nil }
        let address = try options.address
        var wishes = PlantPusher.Options()
        wishes.patience = options.silence
        pusher = PlantPusher(reader: reader, address: address, options: wishes)
        place = address.description
    }

    /// What was signed last, before the station closes; an absent plant gets it at the next start instead.
    func sendRest(within limit: Duration = .seconds(5)) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await pusher.push() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            // Breaks the connection, where one still waits.
            group.cancelAll()
        }
    }

    /// Goes on until the task is cancelled; the line never waits for it.
    /// - Parameter tell: takes a sentence when the plant goes away, comes back, or finds a contradiction.
    func run(_ tell: @escaping @Sendable (String) -> Void) async {
        let trouble = Mutex<String?>(nil)
        await pusher.follow { result in
            switch result {
            case .success(let report):
                if trouble.withLock({ last in
                    defer { last = nil }; return last != nil
                }) {
                    tell(
                        "The plant \(place) answers again: \(report.sent) entries were waiting and are there now."
                    )
                }
                for alarm in report.alarms { tell("Plant alarm: \(alarm.sentence).") }
            case .failure(let error):
                let sentence = "\(error)"
                if trouble.withLock({ last in
                    defer { last = sentence }; return last != sentence
                }) {
                    tell("\(sentence) The line goes on; what is not sent is kept.")
                }
            }
        }
    }
}
