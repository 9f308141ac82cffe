extension RowBreak {
    /// Radio, connection, cloud, BlinkUp.
    static let network: [RowID: String] = [
        .r1: "A scan with WiFi off leaves the radio off and finds nothing.",
        .r2: "server.connect without a timeout ends in an error.",
        .r3: "A connection that breaks for any other reason is reported as NO_SERVER.",
        .r15: "Port 993 is never tried.",
        .r16: "A name server's wrong answer is used until the next restart.",
        .r17: "The module does not tell the server of room in its receive window; the server has to ask.",
        .r18: "A join that takes longer than a second is given up.",
        .r19: "With several access points of one name each further one costs three seconds.",
        .r20: "A segment that is repeated while server.flush waits crashes the module.",
        .r21: "Each connection changes a number somewhere in the program's data.",
        .r36: "After a BlinkUp the cached program runs at once, without asking the server.",
        .r37: "imp.enableblinkup(false) does not end BlinkUp and LED.",
        .r38: "After a wake by pin W the LED blinks as if there were no settings.",
        .r39: "Bright and dark are what the first flashes showed; a sliding phone is not understood.",
        .r40: "The preamble must be even within a twelfth; a screen that jitters is not found.",
        .n5: "The radio uses the eleven channels of the United States, whatever the region.",
        .n6: "imp.setcountry works in any firmware.",
        .n7: "A NVRAM image is stored and never given to the radio.",
        .n8: "A crash of the radio's firmware breaks the connection.",
        .k1: "Scans lose no memory.",
        .k2: "A network with a name of 32 characters is joined.",
    ]
}
