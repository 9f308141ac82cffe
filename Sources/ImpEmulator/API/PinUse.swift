/// Whoever has a pin at the moment: the pin's own object, a serial port, a bus.
protocol PinUser: AnyObject {
    /// Somebody else has the pin now; it is driven by them already.
    func pinWasTaken(_ pin: PinName)
}

/// Who has which pin. A pin does what it was last configured for, whoever configured it.
final class PinUse {
    private struct Entry {
        weak var user: (any PinUser)?
    }

    private var entries: [PinName: Entry] = [:]

    /// Gives a pin to a user; who had it is told.
    func take(_ pin: PinName, for user: any PinUser) {
        let former = entries[pin]?.user
        entries[pin] = Entry(user: user)
        if let former, former !== user { former.pinWasTaken(pin) }
    }

    func holds(_ pin: PinName, _ user: any PinUser) -> Bool { entries[pin]?.user === user }

    func user(of pin: PinName) -> (any PinUser)? { entries[pin]?.user }

    /// A user has no more need of a pin.
    /// - Returns: whether it still had it.
    func leave(_ pin: PinName, _ user: any PinUser) -> Bool {
        guard holds(pin, user) else { return false }
        entries[pin] = nil
        return true
    }
}
