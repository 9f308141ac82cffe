/// Why the plant database could not do what was asked. Each has a sentence that says what to do next.
public enum PlantError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nothing answers there, or the name leads nowhere.
    case unreachable(where: String, reason: String)
    /// Somebody answers and lets nobody in: wrong password, no such database, no such user.
    case turnedAway(where: String, reason: String)
    /// TLS was asked for and could not be had, or its certificate is not believed.
    case insecure(where: String, reason: String)
    /// The connection broke.
    case lost(where: String, reason: String)
    /// Nothing was heard for so many seconds: a connection that is open at one end only, or a server that hangs.
    case silent(where: String, seconds: Double)
    /// Somebody else changed the same rows first; to be tried again.
    case overtaken(String)
    /// The plant's disk is full.
    case full(where: String, reason: String)
    /// The server takes no writes: a standby, or one that was set so.
    case readOnly(where: String)
    /// The database holds no plant schema.
    case schemaMissing(where: String)
    /// The schema was made by a newer program.
    case schemaNewer(found: Int, known: Int)
    /// The schema was made by an older program.
    case schemaOlder(found: Int, known: Int)
    /// A password stood on the command line.
    case passwordInSight
    /// The address is none that libpq understands.
    case badAddress(String)
    /// A statement was refused; SQLSTATE and the server's words.
    case refused(state: String, message: String)
    /// The server sent something that this program can't read.
    case unreadable(String)
    /// What arrived is not what it claims to be: alarms were raised, nothing was stored.
    case evidence([PlantAlarm])
    /// A name that the plant doesn't know.
    case unknown(String)
    /// The local record has nothing signed yet.
    case nothingSigned

    public var description: String {
        switch self {
        case .unreachable(let place, let reason):
            "the plant database \(place) can't be reached (\(reason)): check network and address; the station goes on alone and sends later"
        case .turnedAway(let place, let reason):
            "the plant database \(place) lets nobody in (\(reason)): check user, database and the password in the service or password file"
        case .insecure(let place, let reason):
            "there is no TLS with the plant database \(place) as it was asked for (\(reason)): check sslmode, sslrootcert and the server's certificate"
        case .lost(let place, let reason):
            "the connection to the plant database \(place) broke (\(reason)); what was acknowledged is kept, the rest is sent again"
        case .silent(let place, let seconds):
            "the plant database \(place) said nothing for \(Int(seconds)) s; the connection was given up and is made anew"
        case .overtaken(let what): "\(what) was changed by somebody else at the same time; it is tried again"
        case .full(let place, let reason):
            "the plant database \(place) has no room (\(reason)): free some space there; the station keeps everything and sends it again"
        case .readOnly(let place):
            "the plant database \(place) takes no writes (a standby?): add target_session_attrs=read-write to the address, or name the primary"
        case .schemaMissing(let place):
            "the database \(place) holds no plant tables: `station plant init` makes them"
        case .schemaNewer(let found, let known):
            "the plant's schema is version \(found), this program knows \(known): update this station; nothing was sent and nothing is lost"
        case .schemaOlder(let found, let known):
            "the plant's schema is version \(found), this program needs \(known): run `station plant init` once with the owner's rights"
        case .passwordInSight:
            "a password on the command line can be read by everybody on this machine: put it into ~/.pgpass (mode 0600) or a service file, and leave it out of --plant"
        case .badAddress(let reason): "the plant's address can't be read: \(reason)"
        case .refused(let state, let message): "the plant database refused: \(message) (SQLSTATE \(state))"
        case .unreadable(let what): "the plant database sent what this program can't read: \(what)"
        case .evidence(let alarms): alarms.map(\.sentence).joined(separator: "; ")
        case .unknown(let what): "the plant knows no \(what)"
        case .nothingSigned:
            "nothing in this station's record is signed yet; run the station once, then push"
        }
    }

    /// Whether it may go away by itself, so that waiting and trying again makes sense.
    public var isPassing: Bool {
        switch self {
        case .unreachable, .lost, .silent, .overtaken, .full, .readOnly, .turnedAway, .insecure,
            .schemaMissing,
            .schemaNewer, .schemaOlder:
            true
        case .refused(let state, _):
            // Cancelled statements, shut-downs, too many connections, deadlocks, and resources that ran out.
            ["57", "53", "40", "08", "55"].contains(state.prefix(2))
        default: false
        }
    }

    /// Whether the connection is of no more use.
    var endsConnection: Bool {
        switch self {
        case .lost, .silent, .unreachable, .unreadable: true
        case .refused(let state, _): state.hasPrefix("57P") || state.hasPrefix("08") || state == "25P03"
        default: false
        }
    }
}
