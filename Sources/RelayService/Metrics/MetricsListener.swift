import NIOCore
import NIOHTTP1
import NIOTransport

/// What `--metrics ADDR:PORT` serves: `/metrics`, and what the other ports say of health.
struct MetricsListener: Sendable {
    let observer: RelayObserver
    let routes: CurrentRoutes

    func install(on channel: any Channel) throws {
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: .request)
        try channel.pipeline.syncOperations.addHandler(
            HTTPAnswerHandler { head, channel in
                switch (head.method, head.path) {
                case (.GET, "/metrics"), (.HEAD, "/metrics"): metrics(on: channel.eventLoop)
                case (_, "/healthz"), (_, "/readyz"): channel.eventLoop.makeSucceededFuture(routes.health(head))
                default: channel.eventLoop.makeSucceededFuture(.text(.notFound, "Here are /metrics, /healthz and /readyz."))
                }
            })
    }

    private func metrics(on loop: any EventLoop) -> EventLoopFuture<HTTPAnswer> {
        loop.makeFutureWithTask {
            let text = await observer.snapshot().metrics.text
            return HTTPAnswer(.ok, contentType: MetricFamily.contentType, body: Array(text.utf8))
        }
    }
}
