import ArgumentParser
import StationStore

struct OrderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "How work orders stand.",
        subcommands: [List.self])

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
