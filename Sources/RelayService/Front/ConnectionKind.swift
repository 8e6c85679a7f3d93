import NetPrimitives

/// What a TCP connection speaks, inside TLS too.
enum ConnectionKind: Int, TallyLabel { case undecided, http, websocket, turn }
