/// Consistent Overhead Byte Stuffing (Cheshire and Baker, SIGCOMM 1997): any bytes become bytes without a zero,
/// at a cost of one byte and one more for each 254, so that a zero can mark where a frame ends.
///
/// Each block is a count byte n (1…255) and n - 1 bytes that are not zero; a zero follows each block in the
/// original, except the last block and those with n = 255.
public enum ZeroFreeCoding {
    /// The most bytes that `count` bytes can become.
    public static func longestEncoding(of count: Int) -> Int {
        count + count / 254 + 1
    }

    /// Appends the zero-free form of `bytes`.
    public static func append(_ bytes: [UInt8], to encoded: inout [UInt8]) {
        var blockStart = encoded.count
        var length: UInt8 = 1
        encoded.append(1)
        for byte in bytes {
            if byte != 0 {
                encoded.append(byte)
                length += 1
                if length < 255 { continue }
            }
            encoded[blockStart] = length
            blockStart = encoded.count
            length = 1
            encoded.append(1)
        }
        encoded[blockStart] = length
    }

    /// The original of zero-free bytes.
    /// - Returns: nil when there is a zero in them or a block is longer than what is there.
    public static func decode(_ encoded: ArraySlice<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var position = encoded.startIndex
        while position < encoded.endIndex {
            let length = Int(encoded[position])
            let blockEnd = position + length
            guard length > 0, blockEnd <= encoded.endIndex else { return nil }
            let block = encoded[(position + 1)..<blockEnd]
            guard !block.contains(0) else { return nil }
            decoded.append(contentsOf: block)
            position = blockEnd
            if length < 255, position < encoded.endIndex { decoded.append(0) }
        }
        return decoded
    }
}
