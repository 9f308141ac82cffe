import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Keeps unstructured tasks on the timeline that started them.
///
/// `Task { }` does not inherit its parent's executor, so code that shields itself from cancellation that way would run
/// beside the timeline, and time would run on while it works. The runtime's `swift_task_enqueueGlobal_hook` (a public
/// variable of libswift_Concurrency, made for this) sees every job on its way to the global executor; those that come
/// from a timeline's own thread stay there. Everything else goes on as before.
enum StrayJobs {
    private typealias Original = @convention(thin) (UnownedJob) -> Void
    private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

    /// Under this key each timeline's thread finds its timeline.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// Installs the hook, once for the process. Without the variable (a runtime that no longer has it) nothing changes.
    private static let installed: Bool = {
        guard let address = dlsym(dlopen(nil, RTLD_LAZY), "swift_task_enqueueGlobal_hook") else {
            return false
        }
        address.assumingMemoryBound(to: Hook?.self).pointee = { job, original in
            if let timeline = StrayJobs.timeline { timeline.adopt(job) } else { original(job) }
        }
        return true
    }()

    private static var timeline: VirtualTimeline? {
        pthread_getspecific(key).map { Unmanaged<VirtualTimeline>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Marks the calling thread as a timeline's; the thread must not outlive it.
    static func belong(to timeline: VirtualTimeline) {
        _ = installed
        pthread_setspecific(key, Unmanaged.passUnretained(timeline).toOpaque())
    }
}
