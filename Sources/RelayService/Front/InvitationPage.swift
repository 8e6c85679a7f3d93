import NIOHTTP1
import NIOTransport
import Rendezvous

/// The page behind an invitation's link, `/j/LOOKUP#SECRET`: tells a person who opened it what to do.
///
/// It is the same for every look-up, known or not, and never learns the secret: no browser sends what stands behind
/// the `#`. The script that puts the whole link into the command runs in the browser alone.
enum InvitationPage {
    static let path = "/j/"
    static let scriptPath = "/invitation.js"

    static func answer(to path: String) -> HTTPAnswer {
        guard Lookup(path.dropFirst(Self.path.count)) != nil else {
            return .text(.notFound, "This is not the link of an invitation: it has been cut off or changed.")
        }
        return HTTPAnswer(.ok, contentType: "text/html; charset=utf-8", fields: fields, body: Array(html.utf8))
    }

    static let script = HTTPAnswer(.ok, contentType: "text/javascript; charset=utf-8", body: Array(javaScript.utf8))

    /// Nothing of anybody else's, and nobody is told where the visitor came from.
    private static let fields = [
        "Content-Security-Policy":
            "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
    ]

    private static let html = """
        <!DOCTYPE html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>An invitation to help</title>
        <style>
        body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
        pre { background: #eee; color: #111; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere }
        </style>
        <h1>Somebody asks you for help</h1>
        <p>You are invited to see the screen of whoever sent you this link. They are asked before you see anything.</p>
        <ol>
        <li>Install <b>ra-connect</b> on your computer: whoever runs this relay can tell you where it comes from.</li>
        <li>Open a terminal and type
        <pre id="command">ra-connect join 'THE WHOLE ADDRESS OF THIS PAGE, WITH WHAT STANDS BEHIND THE #'</pre></li>
        </ol>
        <p id="cut" hidden><b>This link has been cut off:</b> the part behind the # is missing. Ask for it again.</p>
        <p>Give the link to nobody else: whoever has it can take your place. This page does not know its secret part.</p>
        <script src="\(scriptPath)"></script>
        </html>

        """

    private static let javaScript = """
        // The secret stays here: what stands behind the # is shown, and sent to nobody.
        if (/^#[A-Za-z0-9_-]+$/.test(location.hash)) {
          document.getElementById("command").textContent = "ra-connect join '" + location.origin + location.pathname + location.hash + "'";
        } else {
          document.getElementById("cut").hidden = false;
        }

        """
}
