import ArgumentParser
import StationStore

struct OrderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "How work orders stand.",
        subcommands: [List.self, Unlock.self])

    struct Unlock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a work order be built from another configuration than it began with.",
            discussion: "Your name and reason stay in the record.")
        @OptionGroup var options: FolderOptions
        @Argument var order: String
        @Option(help: "Who decides.") var by: String
        @Option(help: "Why.") var reason: String

        func run() async throws {
            try await options.paths().withRecord { store in
                try await store.append(
                    .orderUnlocked(OrderUnlocked(order: order, by: .named(by), reason: reason)))
                _ = try await store.signCheckpoint()
            }
            Terminal.line("Work order \(order) takes the configuration of its next run.")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every work order in the record.")
        @OptionGroup var options: FolderOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let orders = try await options.reader().orders()
            if json { return try JSONOutput.print(orders) }
            var table = Table("order", "sku", "quantity", "blessed", "failed runs", "left", "state")
            for order in orders {
                table.add(
                    order.order, order.sku, String(order.quantity), String(order.blessed),
                    String(order.failedRuns),
                    String(order.left), order.isClosed ? "closed" : "open")
            }
            if table.isEmpty { Terminal.line("No work order was opened yet.") } else { table.print() }
        }
    }
}
