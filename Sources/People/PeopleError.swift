/// Why somebody isn't let in, or a change to users isn't made. The sentences say what to do next and tell strangers
/// nothing about who exists.
public enum PeopleError: Error, Equatable, Sendable, CustomStringConvertible {
    // Signing in
    /// Badge or PIN is wrong; which one is not said.
    case refused
    /// Too many failures; milliseconds until the next attempt is looked at.
    case lockedOut(milliseconds: Int64)
    /// An administrator locked the user (said only to who knows the PIN).
    case userLocked
    /// More people sign in at once than the station can check.
    case busy
    /// No such session, or it has ended.
    case noSession
    /// No such token, or it has ended or expired.
    case noToken
    /// The set-up code is wrong, used or too old.
    case setUpRefused

    // Changing users
    case unknownUser(String)
    case unknownToken(String)
    case userExists(String)
    case badgeTaken(by: String)
    case lastAdmin(String)
    case removed(String)
    case invalid(field: String, found: String, allowed: String)

    // The file
    case exposed(path: String, mode: UInt16)
    case unreadable(path: String, detail: String)
    case newer(path: String, unknown: [String])
    case noRandomNumbers

    public var description: String {
        switch self {
        case .refused: "Badge or PIN is not right. Scan the badge again and type the PIN."
        case .lockedOut(let milliseconds):
            "Too many wrong attempts. Wait \(Self.duration(milliseconds)), then try again, or ask an administrator."
        case .userLocked: "This user is locked. Ask an administrator."
        case .busy: "Too many people sign in at this moment. Try again in a few seconds."
        case .noSession: "You are not signed in, or the session has ended. Sign in."
        case .noToken: "The API token is not valid, or has expired. Ask an administrator for a new one."
        case .setUpRefused:
            "The set-up code is not right or not valid any more. Start the service again: it prints a new one."
        case .unknownUser(let id): "There is no user \"\(id)\". `station people list` shows all."
        case .unknownToken(let id): "There is no API token \"\(id)\". `station people token list` shows all."
        case .userExists(let id):
            "\"\(id)\" is or was a user already, and the record must not mean two people by one ID. Choose another."
        case .badgeTaken(let by): "The badge is \(by)'s. Take it from them first, or use another one."
        case .lastAdmin(let id):
            "\"\(id)\" is the last administrator who can sign in. Make somebody else one first."
        case .removed(let id): "\"\(id)\" has been removed. Add them under a new ID."
        case .invalid(let field, let found, let allowed):
            "\(field) can't be \(found.debugDescription): \(allowed)."
        case .exposed(let path, let mode):
            "\(path) has mode 0\(String(mode, radix: 8)), so others can read it; 0600 is allowed. "
                + "Run chmod 600 on it, and change PINs and tokens if somebody may have copied it."
        case .unreadable(let path, let detail): "\(path) can't be used: \(detail)."
        case .newer(let path, let unknown):
            "\(path) was written by a newer program (\(unknown.joined(separator: ", "))): use that one."
        case .noRandomNumbers: "The system gave no random numbers: check that getrandom works here."
        }
    }

    /// Whole seconds below two minutes, whole minutes above; always rounded up.
    private static func duration(_ milliseconds: Int64) -> String {
        let seconds = max(1, (milliseconds + 999) / 1000)
        if seconds < 120 { return seconds == 1 ? "1 second" : "\(seconds) seconds" }
        return "\((seconds + 59) / 60) minutes"
    }
}
