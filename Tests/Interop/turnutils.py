"""coturn's test client and peer."""

import re


class Totals:
    """What `turnutils_uclient` counted: the last line of each kind counts."""

    def __init__(self, text):
        self.text = text
        self.sent = self._last(r"tot_send_msgs=(\d+)")
        self.received = self._last(r"tot_recv_msgs=(\d+)")
        self.lost = self._last(r"Total lost packets (\d+)")

    def _last(self, pattern):
        found = re.findall(pattern, self.text)
        assert found, f"turnutils_uclient does not say {pattern!r}:\n{self.text[-3000:]}"
        return int(found[-1])
