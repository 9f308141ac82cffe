import HTTPTypes
import StationStore

/// Writes down what people do over HTTP: who, from which address, by what means, to what. Acts that have a record of
/// their own (people, configuration) write it themselves.
struct ActJournal: Sendable {
    let store: StationStore

    /// - Returns: the entry on its way; nil when there is nothing to write: the act was refused, or is no person's.
    func write(_ exchange: Exchange, _ answer: Answer) -> Ticket? {
        guard let act = exchange.route.act, let caller = exchange.caller, answer.status.code < 400 else {
            return nil
        }
        var detail = exchange.parameters.mapValues { String($0.prefix(128)) }
        detail["operation"] = exchange.route.name
        detail["means"] = caller.means
        return store.enqueue(
            .personActed(
                PersonActed(
                    act: act, by: .named(caller.id), place: String(exchange.remote.prefix(256)),
                    detail: detail)))
    }
}
