"""A desktop to share: an Xvfb with real windows on it."""

import pathlib

import PIL.Image

from .waiting import eventually

#: Lets `cat` see every character at once, not only whole lines.
_RAW = "stty -icanon min 1"


class Desktop:
    """The display of a lab host, and what is on it."""

    def __init__(self, host, width, height):
        self.host = host
        self.size = (width, height)
        host.start_display(width, height)

    def seat(self):
        """Puts a person before it: what this `Person` types and clicks comes from other devices than what programs do.

        Only before anything else is on the screen."""
        return Person(self.host, self.host.nest_display(*self.size))

    def furnish(self):
        """Fills the screen with windows that do not move, and waits until all is drawn."""
        self.host.run(["xsetroot", "-mod", "16", "12", "-fg", "#204a87", "-bg", "#d3d7cf"])
        text = self.host.directory / "tmp" / "text"
        text.write_text("\n".join(f"{number:3}  The quick brown fox jumps over the lazy dog." for number in range(20)))
        self.host.popen(["xterm", "-T", "text", "-geometry", "70x22+20+20", "-e", f"cat {text}; exec cat"])
        self.host.popen(["xclock", "-geometry", "220x220+560+40"])
        self.host.popen(["xlogo", "-geometry", "200x200+800+60"])
        self.host.popen(["xeyes", "-geometry", "250x160+600+420"])
        for window in ("text", "xclock", "xlogo", "xeyes"):
            self._wait_for_window(window)
        self.wait_until_still()

    def typewriter(self):
        """An xterm that writes what is typed into it to a file, which is returned. The pointer has to be on it."""
        file = self.host.directory / "tmp" / "typed"
        file.touch()
        self.host.popen(["xterm", "-T", "typewriter", "-geometry", "60x10+100+100", "-e",
                         f"{_RAW}; touch {file}.ready; exec cat > {file}"])
        self._wait_for_window("typewriter")
        eventually(pathlib.Path(f"{file}.ready").exists, "the shell in the xterm is ready")
        return file

    def wait_for_pointer(self, x, y):
        """What is typed goes to the window under the pointer, once it has come there."""
        at = f"x:{x} y:{y} "
        eventually(lambda: self.host.run(["xdotool", "getmouselocation"]).stdout.startswith(at), f"the pointer is at {x}, {y}")

    def animation(self):
        """An xterm that never stops changing; returns a function that says how often it has."""
        file = self.host.directory / "tmp" / "ticks"
        file.write_text("0")
        loop = f'n=0; while :; do n=$((n+1)); echo "tick $n"; echo $n > {file}.part; mv {file}.part {file}; sleep 0.05; done'
        self.host.popen(["xterm", "-T", "animation", "-geometry", "60x20+20+300", "-e", "sh", "-c", loop])
        self._wait_for_window("animation")
        return lambda: int(file.read_text())

    def capture(self, name="direct"):
        """The screen as X itself shows it, as PNG."""
        file = self.host.directory / "tmp" / f"{name}.png"
        self.host.run(["import", "-silent", "-window", "root", file])
        return file

    def wait_until_still(self):
        """Waits until two pictures, taken one after the other, are the same."""
        pictures = [b""]

        def still():
            pictures.append(self.capture("still").read_bytes())
            return pictures[-1] == pictures[-2]
        eventually(still, "nothing moves on the screen", every=0.1)

    def notice(self, title):
        """Waits for the notice that the screen is shared, with this title, and returns the middles of its buttons."""
        self._wait_for_window(title)
        place = self.host.run(["xdotool", "search", "--onlyvisible", "--name", f"^{title}$", "getwindowgeometry", "--shell"]).stdout
        place = {key: int(value) for key, value in (line.split("=") for line in place.splitlines())}
        with PIL.Image.open(self.capture("notice")) as picture:
            # Above the labels; a button differs from what is around it.
            y = place["Y"] + 6
            row = [picture.convert("RGB").getpixel((x, y)) for x in range(place["X"], place["X"] + place["WIDTH"])]
        return [(place["X"] + sum(ends) // 2, place["Y"] + place["HEIGHT"] // 2) for ends in _runs(row, row[0])]

    def _wait_for_window(self, name):
        eventually(lambda: self.host.run(["xdotool", "search", "--onlyvisible", "--name", f"^{name}$"], check=False).stdout,
                   f"the window {name} is there")


class Person:
    """Somebody at the keyboard and mouse of a desktop."""

    def __init__(self, host, display):
        self._host = host
        self._display = display

    def presses(self, key):
        self._do("key", key)

    def clicks(self, x, y):
        self._do("mousemove", x, y, "click", 1)

    def _do(self, *words):
        self._host.run(["xdotool", *words], env={"DISPLAY": self._display})


def _runs(row, background):
    """The first and last places of each part of a row that is not the background."""
    runs, start = [], None
    for place, color in enumerate([*row, background]):
        if color != background and start is None:
            start = place
        elif color == background and start is not None:
            runs.append((start, place - 1))
            start = None
    return [run for run in runs if run[1] - run[0] > 20]
