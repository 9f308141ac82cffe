import Foundation

extension Secret {
    /// Bytes as the database takes them.
    static func data(_ bytes: [UInt8]) -> Data { Data(bytes) }

    /// Bytes as the database gives them.
    static func bytes(_ data: Data) -> [UInt8] { Array(data) }
}
