import NetPrimitives
import Rendezvous

extension PostgresStore {
    /// No fleet is larger; clients are told of all of them.
    static let maximumNodes = 1000

    mutating func beat(_ node: RelayNode) throws -> [RelayNode] {
        // The new row is not yet seen by the second half: what it says of this node is added here.
        let others = try link.run(
            """
            WITH mine AS (
                INSERT INTO node (url, seen, leaving) VALUES ($1, clock_timestamp(), $2::boolean)
                ON CONFLICT (url) DO UPDATE SET seen = clock_timestamp(), leaving = $2::boolean
            ), forgotten AS (
                DELETE FROM node WHERE seen < clock_timestamp() - interval '1 day' AND url <> $1
            )
            SELECT url, leaving FROM node
            WHERE url <> $1 AND seen > clock_timestamp() - make_interval(secs => $3::double precision) ORDER BY url LIMIT \(Self.maximumNodes)
            """, [node.url.description, node.isLeaving ? "t" : "f", "\(RelayNode.lifetime / .seconds(1))"])
        return [node]
            + others.rows.compactMap { row in
                row.count == 2 ? row[0].flatMap { RelayURL($0) }.map { RelayNode(url: $0, isLeaving: row[1] == "t") } : nil
            }
    }

    mutating func remove(_ node: RelayURL) throws { _ = try link.run("DELETE FROM node WHERE url = $1", [node.description]) }
}
