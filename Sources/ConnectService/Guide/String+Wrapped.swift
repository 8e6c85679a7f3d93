extension String {
    /// In lines that fit into a terminal's; a line that begins with a space is one to be copied, and stays whole.
    func wrapped(at width: Int = 78) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard !line.hasPrefix(" ") else { return String(line) }
            var lines = [""]
            for word in line.split(separator: " ") {
                if !lines[lines.endIndex - 1].isEmpty, lines[lines.endIndex - 1].count + word.count >= width { lines.append("") }
                lines[lines.endIndex - 1] += (lines[lines.endIndex - 1].isEmpty ? "" : " ") + word
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
