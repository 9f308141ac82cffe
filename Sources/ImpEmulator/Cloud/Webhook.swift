/// Somebody who wants to be told by HTTP POST when something happens to a production group.
public struct Webhook: Sendable, Equatable, Codable {
    /// What happened.
    public enum Event: String, Sendable, Codable, CaseIterable {
        /// A DUT was blessed. Failed blessings are told to nobody.
        case blessing
        /// An end user activated a production device.
        case blinkup
        /// New code was deployed to a device group.
        case deployment
    }

    /// How the body is written.
    public enum ContentType: String, Sendable, Codable, CaseIterable {
        case json = "application/json"
        case form = "application/x-www-form-urlencoded"
    }

    /// Where to post.
    public var url: String
    /// What to tell.
    public var event: Event
    /// How.
    public var contentType: ContentType

    public init(url: String, event: Event, contentType: ContentType = .json) {
        self.url = url
        self.event = event
        self.contentType = contentType
    }

    /// The request that tells of an event.
    /// - Parameter fields: names and values in their order.
    func request(_ fields: [(name: String, value: String)]) -> HTTPRequest {
        let body: [UInt8] =
            switch contentType {
            case .json:
                JSONText.encode(
                    .table(
                        fields.map {
                            .init(key: .string(.init($0.name)), value: .string(.init($0.value)))
                        }), compact: true)
            case .form: FormText.encode(fields.map { (Array($0.name.utf8), Array($0.value.utf8)) })
            }
        return HTTPRequest(
            method: "POST", url: url, headers: [("content-type", contentType.rawValue)], body: body)
    }
}

/// A webhook that was fired, and what came back.
public struct WebhookDelivery: Sendable, Equatable {
    public var event: Webhook.Event
    public var url: String
    public var contentType: Webhook.ContentType
    public var body: [UInt8]
    /// What an emulated endpoint answered; nil when the URL leads out of the simulation.
    public var statusCode: Int?

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
