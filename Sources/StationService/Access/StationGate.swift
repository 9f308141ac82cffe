import HTTPTypes
import People

/// Finds out who asks: an API token, the command line's token, a session's cookie, or nobody.
struct StationGate: Gate {
    let people: PeopleBook
    /// What the file beside the database holds; nil accepts none.
    let localToken: String?
    /// Whether who is not signed in may look.
    let guests: Bool

    static let cookie = "station_session"

    func caller(of headers: HTTPFields, from remote: String) async throws -> Visitor? {
        if let authorization = headers[.authorization] {
            let parts = authorization.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                throw Problem(.signIn, "Authorization must be “Bearer” and an API token.")
            }
            let token = String(parts[1])
            if let localToken, Secret.areEqual(token, localToken) { return .console }
            do {
                return Visitor(try await people.caller(forToken: token))
            } catch let error as PeopleError where error == .noToken {
                throw Problem(.signIn, "\(error)")
            }
        }
        if let session = Self.session(in: headers) {
            do {
                return Visitor(try await people.caller(forSession: session))
            } catch let error as PeopleError where error == .noSession {
                // An old cookie must not keep anybody from the sign-in page.
                return guests ? .guest : nil
            }
        }
        return guests ? .guest : nil
    }

    /// The session's cookie.
    static func session(in headers: HTTPFields) -> String? {
        for field in headers[values: .cookie] {
            for pair in field.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { continue }
                if parts[0].drop(while: { $0 == " " }) == cookie { return String(parts[1]) }
            }
        }
        return nil
    }
}
