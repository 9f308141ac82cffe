import CLibSSL
import NIOCore

/// TLS 1.2 and 1.3 between the socket and everything above it, by the system's OpenSSL over two memory buffers.
///
/// Belongs to one channel and is used on its event loop only.
final class TLSHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let side: TLSContext.Side
    private let ssl: OpaquePointer
    /// What came from the other side, encrypted.
    private let incoming: OpaquePointer
    /// What is to be sent there, encrypted.
    private let outgoing: OpaquePointer
    private var isEstablished = false
    private var isOver = false
    private var hasReadAnything = false
    private var waiting: [(ByteBuffer, EventLoopPromise<Void>?)] = []
    private let patience: TimeAmount
    private var deadline: Scheduled<Void>?

    /// - Parameters:
    ///   - name: the server's, for a client.
    ///   - patience: for the handshake; who opens a connection and says nothing holds no place here.
    init(_ context: TLSContext, name: String? = nil, patience: TimeAmount = .seconds(10)) throws {
        guard let ssl = context.makeConnection(name: name), let incoming = BIO_new(BIO_s_mem()),
            let outgoing = BIO_new(BIO_s_mem())
        else { throw TLSFault("OpenSSL gave no connection: \(TLSContext.lastError())") }
        // An empty buffer is a pause, not the end.
        BIO_ctrl(incoming, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, nil)
        BIO_ctrl(outgoing, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, nil)
        // From here on the two belong to the connection and go with it.
        SSL_set_bio(ssl, incoming, outgoing)
        self.ssl = ssl
        self.incoming = incoming
        self.outgoing = outgoing
        self.patience = patience
        side = context.side
    }

    deinit { SSL_free(ssl) }

    // MARK: Coming in

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard deadline == nil else { return }
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: patience) { channel.close(mode: .all, promise: nil) }
        if side == .client { pump(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard !isOver else { return }
        if !hasReadAnything, side == .server, let first = buffer.readableBytesView.first {
            hasReadAnything = true
            // A handshake begins with 22; letters are somebody who speaks plain HTTP.
            if first != 22 { return refusePlainText(context) }
        }
        buffer.withUnsafeReadableBytes { bytes in
            _ = BIO_write(incoming, bytes.baseAddress, Int32(bytes.count))
        }
        pump(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // A handshake is read for its own sake: nobody above asks for more.
        if !isEstablished, !isOver { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        isOver = true
        for (_, promise) in waiting { promise?.fail(ChannelError.ioOnClosedChannel) }
        waiting = []
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent, !isEstablished {
            context.close(promise: nil)
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Lets OpenSSL do what it can with what has arrived.
    private func pump(_ context: ChannelHandlerContext) {
        if !isEstablished {
            ERR_clear_error()
            let result = SSL_do_handshake(ssl)
            if result == 1 {
                isEstablished = true
                deadline?.cancel()
                send(context, nil)
                for (buffer, promise) in waiting { encrypt(context, buffer, promise) }
                waiting = []
                context.flush()
            } else {
                let trouble = SSL_get_error(ssl, result)
                send(context, nil)
                context.flush()
                if trouble != SSL_ERROR_WANT_READ, trouble != SSL_ERROR_WANT_WRITE {
                    return fail(context, "the handshake failed: \(TLSContext.lastError())")
                }
                return
            }
        }
        decrypt(context)
    }

    private func decrypt(_ context: ChannelHandlerContext) {
        while !isOver {
            var buffer = context.channel.allocator.buffer(capacity: 16_384)
            ERR_clear_error()
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 16_384) { space in
                max(0, Int(SSL_read(ssl, space.baseAddress, Int32(space.count))))
            }
            if count > 0 {
                context.fireChannelRead(wrapInboundOut(buffer))
                continue
            }
            // Asking again gives the reason that the count could not carry out of the closure.
            let trouble = SSL_get_error(ssl, -1)
            send(context, nil)
            context.flush()
            if SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 {
                isOver = true
                context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            } else if trouble == SSL_ERROR_SSL {
                fail(context, TLSContext.lastError())
            }
            return
        }
    }

    private func refusePlainText(_ context: ChannelHandlerContext) {
        isOver = true
        let body = "This port speaks TLS: open it as https://\r\n"
        let text =
            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n"
            + "Connection: close\r\n\r\n\(body)"
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: text))).whenComplete {
            _ in channel.close(mode: .all, promise: nil)
        }
    }

    private func fail(_ context: ChannelHandlerContext, _ reason: String) {
        isOver = true
        deadline?.cancel()
        context.fireErrorCaught(TLSFault(reason))
        context.close(promise: nil)
    }

    // MARK: Going out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let buffer = unwrapOutboundIn(data)
        if isEstablished { encrypt(context, buffer, promise) } else { waiting.append((buffer, promise)) }
    }

    private func encrypt(
        _ context: ChannelHandlerContext, _ buffer: ByteBuffer, _ promise: EventLoopPromise<Void>?
    ) {
        guard buffer.readableBytes > 0 else {
            context.write(wrapOutboundOut(buffer), promise: promise)
            return
        }
        ERR_clear_error()
        let written = buffer.withUnsafeReadableBytes { bytes in
            SSL_write(ssl, bytes.baseAddress, Int32(bytes.count))
        }
        guard written > 0 else {
            promise?.fail(TLSFault("nothing could be encrypted: \(TLSContext.lastError())"))
            return
        }
        send(context, promise)
    }

    /// Hands on what OpenSSL wants sent.
    private func send(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        let count = BIO_ctrl_pending(outgoing)
        guard count > 0 else {
            promise?.succeed(())
            return
        }
        var buffer = context.channel.allocator.buffer(capacity: count)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            max(0, Int(BIO_read(outgoing, space.baseAddress, Int32(min(count, space.count)))))
        }
        context.write(wrapOutboundOut(buffer), promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input, isEstablished, !isOver || mode == .output {
            // Without this word the other side can't tell an end from a cable that was cut.
            SSL_shutdown(ssl)
            send(context, nil)
            context.flush()
        }
        if mode != .input { deadline?.cancel() }
        context.close(mode: mode, promise: promise)
    }
}

/// What went wrong with a connection.
struct TLSFault: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
