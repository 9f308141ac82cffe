// The two halves of "make usb-test": virtual fixtures for a guest to plug in, and what the guest does with them.
//
//   usb-guest serve <folder> <fixture>…      serves fixtures on sockets in a folder until its standard input ends
//   usb-guest check <name>…                  runs checks against the machine's own USB, through libusb
//   usb-guest attach <address> <port> <bus> <hub port>  attaches a device over USB/IP
//   usb-guest echo <path>                    sends back what comes on a Unix socket

import USBFixture

#if canImport(Glibc)
    import Glibc
#endif

let arguments = Array(CommandLine.arguments.dropFirst())

switch arguments.first {
case "serve" where arguments.count >= 3:
    exit(serve(folder: arguments[1], fixtures: Array(arguments[2...])))
case "check" where arguments.count >= 2:
    exit(await check(Array(arguments[1...])))
case "attach" where arguments.count == 5:
    exit(
        attach(
            address: arguments[1], port: UInt16(arguments[2]) ?? 0, busID: arguments[3],
            hub: Int(arguments[4]) ?? 0))
case "echo" where arguments.count == 2:
    exit(echo(path: arguments[1]))
default:
    say("usage: usb-guest serve <folder> <fixture>… | usb-guest check <name>…")
    say("fixtures: " + fixtureKinds.map(\.name).joined(separator: ", "))
    say("checks: " + checks.map(\.name).joined(separator: ", "))
    exit(64)
}
