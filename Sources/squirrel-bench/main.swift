import Squirrel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// squirrel-bench run FILE                 runs a file on our machine
// squirrel-bench [--original SQ] [--rounds N] [NAME…]
//                                         times the benchmark programs, beside another interpreter's if given

let usage = """
    usage: squirrel-bench run FILE
           squirrel-bench [--original PATH] [--rounds N] [NAME…]
    """

var arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "run" {
    guard arguments.count == 2 else {
        print(usage)
        exit(2)
    }
    exit(ProgramRun.run(arguments[1]))
}

var comparison = Comparison()
while let argument = arguments.first {
    arguments.removeFirst()
    switch argument {
    case "--original" where !arguments.isEmpty:
        comparison.original = arguments.removeFirst()
    case "--rounds" where !arguments.isEmpty:
        comparison.rounds = max(1, Int(arguments.removeFirst()) ?? 5)
    case _ where argument.hasPrefix("-"):
        print(usage)
        exit(2)
    default:
        comparison.names.append(argument)
    }
}
exit(comparison.run())
